from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.memory.words import Mark
from app.web.home import Home
from app.web.pages.items import item_page
from core.errors import UserError
from core.settings import Settings
from memory.items import Status, Trust
from tests.app.memory.filled import SHOWN, WITHHELD, Filled, fill
from tests.app.web.written import EVIL, KEY, UNFINISHED, Written


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Filled]]:
    folder = tmp_path_factory.mktemp("filled") / "home"
    ids = fill(folder)
    with Home(Settings(home=folder)) as home:
        yield home, ids


def test_an_item_with_all_that_stands_behind_it(written: Written) -> None:
    with Home(written.settings) as home:
        page = item_page(home.pamphlets, written.item_id, frozenset({written.run_id, "else"}))
    assert [(each.task_id, each.reward) for each in page.evidence] == [(KEY, 0.5)]
    assert [(each.task_id, each.outcome, each.reward, each.counted) for each in page.exposures] == [
        (UNFINISHED, "shown", 1.0, True)
    ]
    assert (page.evidence_total, page.shown, page.withheld, page.counted) == (1, 1, 0, 1)
    assert page.known_runs == (written.run_id,)
    assert page.item.credit.mean == pytest.approx(2 / 3)
    assert page.worth_low < 2 / 3 < page.worth_high
    # It was certain to be shown: no withheld task could stand against it.
    assert page.trials.always == 1
    assert all(
        (each.shown, each.difference, each.enough) == (None, None, False) for each in page.trials.metrics
    )


def test_versions_say_who_changed_what_and_why(written: Written) -> None:
    with Home(written.settings) as home:
        newest, first = item_page(home.pamphlets, written.item_id, frozenset()).versions
    assert (newest.version, newest.op, newest.actor, newest.reason) == (2, "edit", "person:<b>", EVIL)
    assert (first.version, first.op, first.changes) == (1, "add", ())
    assert newest.seq > first.seq
    changes = {change.field: change.pieces for change in newest.changes}
    assert set(changes) == {"cue", "status", "trust"}
    assert "".join(piece.text for piece in changes["cue"] if piece.mark is not Mark.NEW) == "answer_type:host"
    assert "".join(piece.text for piece in changes["cue"] if piece.mark is not Mark.GONE).endswith("<u>")


def test_shown_tasks_stand_against_withheld_ones(filled: tuple[Home, Filled]) -> None:
    home, ids = filled
    trials = item_page(home.pamphlets, ids.sign_in, frozenset()).trials
    metrics = {each.metric: each for each in trials.metrics}
    assert list(metrics) == ["reward", "success", "steps", "tokens"]
    reward = metrics["reward"]
    assert (reward.shown_n, reward.withheld_n, reward.enough) == (SHOWN, WITHHELD, True)
    assert reward.low is not None
    assert reward.high is not None
    assert reward.difference == pytest.approx(0.75 - 1 / 3)
    assert reward.low < 0.75 - 1 / 3 < reward.high
    assert trials.help > 1 > trials.harm
    assert trials.always == 0


def test_an_item_in_quarantine_says_why(filled: tuple[Home, Filled]) -> None:
    home, ids = filled
    item = item_page(home.pamphlets, ids.doubtful, frozenset()).item
    assert (item.status, item.trust, item.state.note) == (
        *(Status.QUARANTINED, Trust.CANDIDATE, "an e-mail address"),
    )


def test_an_unknown_item_is_the_askers_error(taught_home: Home) -> None:
    with pytest.raises(UserError, match="no item nope"):
        item_page(taught_home.pamphlets, "nope", frozenset())
