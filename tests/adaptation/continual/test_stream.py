"""The measures by hand, and a memory over a stream of tasks."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptation.continual.memory import Lessons, PamphletLearner, Probe
from adaptation.continual.stream import Stream, stream
from adaptation.levers import Lever, coverage
from core.errors import UserError
from ideation.idea import Family
from memory.opening import open_pamphlets
from tests.memory.samples import HOSTS, MAIL, SIGN_IN, ask, task


def test_three_tasks_by_hand() -> None:
    found = Stream(
        scores=((0.8, 0.3, 0.1), (0.9, 0.7, 0.2), (0.5, 0.6, 0.9)),
        before=(0.1, 0.2, 0.1),
    )
    assert found.average == pytest.approx((0.5 + 0.6 + 0.9) / 3)
    assert found.backward_transfer == pytest.approx(((0.5 - 0.8) + (0.6 - 0.7)) / 2)
    assert found.forward_transfer == pytest.approx(((0.3 - 0.2) + (0.2 - 0.1)) / 2)
    assert found.forgetting == pytest.approx(((0.9 - 0.5) + (0.7 - 0.6)) / 2)


def test_what_is_kept_is_not_forgotten_and_a_collapse_is() -> None:
    perfect = Stream(scores=((1.0, 0.0), (1.0, 1.0)), before=(0.0, 0.0))
    assert (perfect.average, perfect.backward_transfer, perfect.forgetting) == (1.0, 0.0, 0.0)
    collapse = Stream(scores=((1.0, 0.0), (0.0, 1.0)), before=(0.0, 0.0))
    assert (collapse.average, collapse.backward_transfer, collapse.forgetting) == (0.5, -1.0, 1.0)
    better = Stream(scores=((0.5, 0.0), (0.75, 1.0)), before=(0.0, 0.0))
    assert (better.backward_transfer, better.forgetting) == (0.25, -0.25)


def test_one_task_has_no_transfer() -> None:
    found = Stream(scores=((0.5,),), before=(0.25,))
    assert found.average == 0.5
    assert (found.backward_transfer, found.forward_transfer, found.forgetting) == (None, None, None)


SCORES = st.floats(0, 1)


@given(
    st.integers(2, 5).flatmap(
        lambda n: st.lists(st.lists(SCORES, min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_forgetting_is_never_less_than_what_backward_transfer_lost(rows: list[list[float]]) -> None:
    """The best of a task is at least what it was when it was learned."""
    found = Stream(scores=tuple(map(tuple, rows)), before=(0.0,) * len(rows))
    assert found.forgetting is not None
    assert found.backward_transfer is not None
    assert found.forgetting >= -found.backward_transfer - 1e-12


def test_rows_that_do_not_fit_are_refused() -> None:
    for scores, before in ((((0.5, 0.5),), (0.5,)), ((), ()), (((0.5,),), (0.5, 0.5))):
        with pytest.raises(UserError, match="one row and one column for each task"):
            Stream(scores=scores, before=before)
    with pytest.raises(UserError, match="there is no task"):
        stream(Window(), [])


class Window:
    """Remembers the last task alone."""

    def __init__(self) -> None:
        self.last = ""

    def learn(self, task: str) -> None:
        self.last = task

    def score(self, task: str) -> float:
        return float(self.last == task)


def test_the_runner_scores_every_task_before_and_after_each() -> None:
    done: list[int] = []
    found = stream(Window(), ["a", "b", "c"], progress=done.append)
    assert found.before == (0.0, 0.0, 0.0)
    assert found.scores == ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    assert (found.backward_transfer, found.forward_transfer, found.forgetting) == (-1.0, 0.0, 1.0)
    assert done == [1, 2, 3]


def lessons() -> list[Lessons]:
    probes = (
        (SIGN_IN, ask("the IP address of the sign-in", "answer_type:ip")),
        (HOSTS, ask("which host name", "answer_type:host")),
        (MAIL, ask("Which sender mailed the link?")),
    )
    return [
        Lessons(
            drafts=(draft,),
            evidence=(task(2 * n), task(2 * n + 1)),
            probes=(Probe(query=query, wanted=draft.content),),
        )
        for n, (draft, query) in enumerate(probes)
    ]


def test_pamphlets_learn_task_after_task_and_keep_the_earlier_ones() -> None:
    with closing(open_pamphlets(embedder="lexical")) as library:
        found = stream(PamphletLearner(library), lessons())
        assert found.before == (0.0, 0.0, 0.0)
        assert found.scores == ((1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (1.0, 1.0, 1.0))
        assert (found.average, found.backward_transfer, found.forgetting) == (1.0, 0.0, 0.0)
        assert found.forward_transfer == 0.0
        assert len(library.items()) == 3


def test_a_memory_that_shows_one_item_can_forget_too() -> None:
    """Retrieval gets worse by what is learned later: nothing makes the measure 0 for a memory."""
    first, second, _ = lessons()
    narrow = replace(first.probes[0].query, text="host names", cues=(), limit=1)
    first = replace(first, probes=(Probe(query=replace(narrow, floor=0.0), wanted=SIGN_IN.content),))
    with closing(open_pamphlets(embedder="lexical")) as library:
        found = stream(PamphletLearner(library), [first, second])
    assert found.scores == ((1.0, 0.0), (0.0, 1.0))
    assert found.forgetting == 1.0


def test_a_task_without_a_probe_is_refused() -> None:
    with closing(open_pamphlets(embedder="lexical")) as library, pytest.raises(UserError, match="one probe"):
        PamphletLearner(library).score(replace(lessons()[0], probes=()))


def test_the_families_are_those_of_the_idea_pipeline() -> None:
    assert [each.value for each in Lever] == [each.value for each in Family]
    found = coverage([[Lever.ADAPTERS, Lever.ADAPTERS], [Lever.SEARCH, Lever.ADAPTERS], []])
    assert found == {**dict.fromkeys(Lever, 0), Lever.ADAPTERS: 2, Lever.SEARCH: 1}
