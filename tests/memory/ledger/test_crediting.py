from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from core.database import Database
from memory.credit.outcome import Metric, TaskOutcome
from memory.history import Op
from memory.items import Credit, Hit, ItemId, Recall, RetiredFor, Status
from memory.ledger.editor import ItemEdit
from memory.ledger.queue import Because
from memory.library import PamphletLibrary
from memory.sql.tables import ExposureRow, OutcomeRow
from tests.memory.ledger.soundness import check
from tests.memory.samples import HOSTS, MAIL, SIGN_IN, task

ANN = "person:ann"
GOOD, BAD = TaskOutcome(reward=1.0, success=True), TaskOutcome(reward=0.0, success=False)


def tell(
    library: PamphletLibrary, number: int, *items: ItemId, shown: bool = True, propensity: float = 1.0
) -> str:
    """Log the items as shown to a task, or as withheld from it."""
    hits = tuple(
        Hit(item=library.get(item), score=1.0, similarity=1.0, keyword=0.0, cue=0.0, propensity=propensity)
        for item in items
    )
    recall = Recall(
        hits=hits if shown else (),
        withheld=() if shown else hits,
        abstained=False,
        degraded=False,
        embedder="lexical",
    )
    library.log_exposures("run", f"task-{number}", recall)
    return f"task-{number}"


@pytest.fixture
def item(library: PamphletLibrary) -> ItemId:
    return library.learn([SIGN_IN], task(1)).added[0]


def test_credit_is_a_beta_posterior_counted_once_a_task(library: PamphletLibrary, item: ItemId) -> None:
    first = tell(library, 5, item)
    for _ in range(3):
        library.credit("run", first, TaskOutcome(reward=0.75))
    library.credit("run", tell(library, 6, item), BAD)
    library.credit("run", tell(library, 7, item), TaskOutcome(reward=None))
    assert library.get(item).credit == Credit(alpha=1.75, beta=2.25)


def test_the_first_outcome_of_a_task_stands(
    library: PamphletLibrary, item: ItemId, database: Database
) -> None:
    name = tell(library, 5, item)
    library.credit("run", name, GOOD)
    library.credit("run", name, BAD)
    other = library.learn([HOSTS], task(2)).added[0]
    tell(library, 5, other)  # logged late: it is counted by the outcome that stands
    library.credit("run", name, BAD)
    assert library.get(item).credit == library.get(other).credit == Credit(alpha=2.0, beta=1.0)
    with database.reading() as session:
        assert session.execute(select(func.count()).select_from(OutcomeRow)).scalar_one() == 1
        assert set(session.scalars(select(ExposureRow.counted))) == {True}


def test_what_was_withheld_earns_nothing_and_stands_in_the_trials(
    library: PamphletLibrary, item: ItemId
) -> None:
    library.credit("run", tell(library, 5, item, propensity=0.9), GOOD)
    library.credit("run", tell(library, 6, item, shown=False, propensity=0.9), BAD)
    credit = library.get(item).credit
    assert (credit.alpha, credit.beta) == (2.0, 1.0)
    assert credit.doubt < 0.5
    trials = library.trials(item)
    assert (trials.metrics[Metric.REWARD].shown.n, trials.metrics[Metric.REWARD].withheld.n) == (1, 1)
    told = [(each.outcome, each.reward, each.counted, each.propensity) for each in library.exposures(item)]
    assert told == [("withheld", 0.0, True, 0.9), ("shown", 1.0, True, 0.9)]


def test_the_task_that_made_an_item_gives_it_no_credit(library: PamphletLibrary, item: ItemId) -> None:
    library.credit("run", tell(library, 1, item), GOOD)
    assert library.get(item).credit == Credit(alpha=1.0, beta=1.0)


def test_only_exposures_of_the_same_words_count(library: PamphletLibrary, item: ItemId) -> None:
    old, same = tell(library, 5, item), tell(library, 6, item)
    library.editor(ANN).edit(item, ItemEdit(cue="another cue"))
    library.credit("run", same, GOOD)
    assert library.get(item).credit == Credit(alpha=2.0, beta=1.0)
    library.editor(ANN).edit(item, ItemEdit(content="Other words of SigninLogs."))
    library.credit("run", old, GOOD)
    assert library.get(item).credit == Credit(alpha=1.0, beta=1.0)
    assert library.trials(item).always == 0


def test_exposures_are_logged_once(library: PamphletLibrary, item: ItemId) -> None:
    tell(library, 5, item)
    tell(library, 5, item, shown=False, propensity=0.9)
    (exposure,) = library.exposures(item)
    assert (exposure.outcome, exposure.propensity, exposure.reward) == ("shown", 1.0, None)


def harm(library: PamphletLibrary, *items: ItemId) -> tuple[ItemId, ...]:
    """Tasks fail with the items and succeed without, until a rule acts; returns what it retired."""
    for number in range(100, 400):
        shown = number % 2 == 0
        name = tell(library, number, *items, shown=shown, propensity=0.5)
        if retired := library.credit("run", name, BAD if shown else GOOD):
            return retired
    return ()


def test_what_does_harm_is_retired_for_good_and_says_why(
    library: PamphletLibrary, item: ItemId, database: Database
) -> None:
    good = library.learn([MAIL], task(1)).added[0]
    assert harm(library, item) == (item,)
    gone = library.get(item)
    assert (gone.status, gone.state.retired_for) == (Status.RETIRED, RetiredFor.HARM)
    assert "e-value" in gone.state.note
    assert "uplift -1.000" in gone.state.note
    last = library.archive.history(item)[-1]
    assert (last.op, last.actor, last.reason) == (Op.RETIRE, "rule:harm", gone.state.note)
    assert "retired item" in library.learn([SIGN_IN], task(2)).refused[0]
    assert library.get(good).live
    check(database)


def test_harm_of_what_a_person_stands_behind_is_told_and_not_acted_on(library: PamphletLibrary) -> None:
    ann = library.editor(ANN)
    human = ann.add(HOSTS).id
    pinned = library.learn([MAIL], task(1)).added[0]
    ann.pin(pinned)
    assert harm(library, human, pinned) == ()
    assert library.get(human).live
    assert library.get(pinned).live
    urgent = library.queue()[:2]
    assert {each.item.id for each in urgent} == {human, pinned}
    assert all(each.because is Because.HARMFUL and "e-value" in each.note for each in urgent)


def test_credit_of_an_unjudged_or_unknown_task_is_none(library: PamphletLibrary, item: ItemId) -> None:
    before = library.get(item)
    assert library.credit("run", "task-77", GOOD) == ()
    assert library.credit("run", tell(library, 78, item), TaskOutcome(reward=None)) == ()
    assert library.get(item) == before


def test_credit_is_no_event_and_a_copy_for_the_index_is_not_due(
    library: PamphletLibrary, item: ItemId, database: Database
) -> None:
    events = library.archive.events()
    library.credit("run", tell(library, 5, item), GOOD)
    assert library.archive.events() == events
    assert library.archive.state_at(events[-1].seq) == library.items()
    check(database)


def test_credit_of_a_retired_item_still_counts(library: PamphletLibrary, item: ItemId) -> None:
    name = tell(library, 5, item)
    library.editor(ANN).retire(item)
    library.credit("run", name, GOOD)
    assert library.get(item).credit == Credit(alpha=2.0, beta=1.0)
    assert library.get(item).status is Status.RETIRED


def test_of_a_split_each_part_earns_its_own(library: PamphletLibrary, item: ItemId) -> None:
    one, two = library.editor(ANN).split(item, [HOSTS, replace(HOSTS, content="Hosts stand in DeviceInfo.")])
    library.credit("run", tell(library, 5, one.id), GOOD)
    assert library.get(one.id).credit == Credit(alpha=2.0, beta=1.0)
    assert library.get(two.id).credit == Credit(alpha=1.0, beta=1.0)
