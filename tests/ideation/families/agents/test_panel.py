from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.families.agents.keeping import compare
from ideation.families.agents.panel import CRITERIA, PanelReview, review, review_all
from ideation.muse import Grade, ReviewRequest
from tests.ideation.families.agents.papers import SOURCES, FailingMuse, ScriptedMuse, desk, text

NAMES = tuple(each.name for each in CRITERIA)
SCORES = st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=len(NAMES), max_size=len(NAMES))


def graded(scores: Mapping[str, int | None]) -> PanelReview:
    return PanelReview(
        grades=tuple(Grade(criterion=name, score=score, reason=name) for name, score in scores.items())
    )


async def test_4_5_each_reviewer_judges_one_criterion_on_an_anchored_scale() -> None:
    muse = ScriptedMuse(grade=lambda request: 1 + NAMES.index(request.criterion.name) % 5)
    found = await review(desk(judge=muse), text(1), sources=SOURCES[:2])
    assert found.criteria == NAMES
    assert len(muse.graded) == len(NAMES)
    for request in muse.graded:
        others = [name for name in NAMES if name != request.criterion.name]
        assert not any(name in f"{request.persona} {request.said}" for name in others)
        assert request.sources == SOURCES[:2]
    for criterion in CRITERIA:
        assert len({*criterion.anchors}) == 3
        assert all(len(anchor.split()) > 1 for anchor in criterion.anchors)
    assert found.scores == {name: 1 + place % 5 for place, name in enumerate(NAMES)}
    assert [grade.score for grade in found.weak()] == [1, 1, 2, 3]


async def test_4_5_unknown_is_an_answer_and_counts_neither_way() -> None:
    def some(request: ReviewRequest) -> int | None:
        return {"novelty": None, "validity": 9}.get(request.criterion.name, 4)

    found = await review(desk(judge=ScriptedMuse(grade=some)), text(1))
    assert found.mean == 4
    assert set(NAMES) - set(found.scores) == {"novelty", "validity"}
    assert found.weak() == ()
    assert found.grades[1].reason == "9 is not on the scale"


async def test_4_5_a_reviewer_that_fails_is_unknown_and_counted() -> None:
    at = desk(judge=FailingMuse())
    found = (await review_all(at, [text(1), text(2)]))[1]
    assert found.mean is None
    assert {grade.reason for grade in found.grades} == {"no review came back"}
    assert at.ledger.failures == 2 * len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_4_8_every_named_criterion_decides_when_it_alone_differs(name: str) -> None:
    """A system that compares Clarity three times passes for `clarity` and fails for all others."""
    earlier = graded(dict.fromkeys(NAMES, 3))
    better = graded({**dict.fromkeys(NAMES, 3), name: 4})
    worse = graded({**dict.fromkeys(NAMES, 3), name: 2})
    assert compare(earlier, better).later_is_better
    assert compare(better, earlier).gain == -1
    assert not compare(earlier, worse).later_is_better
    assert {each for each, gain in compare(earlier, better).differences.items() if gain} == {name}


@given(SCORES, SCORES)
def test_4_8_the_comparison_names_every_criterion_once(
    one: list[int | None], other: list[int | None]
) -> None:
    earlier, later = (graded(dict(zip(NAMES, scores, strict=True))) for scores in (one, other))
    found = compare(earlier, later)
    assert tuple(found.differences) == NAMES
    for name, before, after in zip(NAMES, one, other, strict=True):
        known = before is not None and after is not None
        assert found.differences[name] == (after - before if known else None)  # type: ignore[operator]
    assert compare(later, earlier).gain == -found.gain
    assert not (found.later_is_better and compare(later, earlier).later_is_better)


def test_4_8_equal_grades_keep_the_earlier_and_other_criteria_do_not_compare() -> None:
    same = graded(dict.fromkeys(NAMES, 3))
    assert not compare(same, same).later_is_better
    with pytest.raises(ValueError, match="do not compare"):
        compare(same, graded({"novelty": 3}))
    with pytest.raises(ValueError, match="one grade for each"):
        PanelReview(grades=(*same.grades, same.grades[0]))
