from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ideation.families.search.beam import BeamArm, next_beam
from ideation.families.search.lineage import Fate
from ideation.muse import ReviewRequest
from tests.ideation.families.search.papers import CannedMuse, desk

VALUES = st.lists(st.integers(0, 5), max_size=12)


@given(VALUES, VALUES, st.integers(0, 6))
def test_3_4_a_beam_loses_nothing_and_takes_the_best(fresh: list[int], pruned: list[int], width: int) -> None:
    new = [("fresh", at, value) for at, value in enumerate(fresh)]
    old = [("pruned", at, value) for at, value in enumerate(pruned)]
    step = next_beam(new, old, width, lambda node: float(node[2]))
    assert sorted([*step.live, *step.pruned]) == sorted([*new, *old])
    assert len(step.live) == min(width, len(new) + len(old))
    if step.live and step.pruned:
        assert min(node[2] for node in step.live) >= max(node[2] for node in step.pruned)
    assert step.revived == sum(node[0] == "pruned" for node in step.live)


async def test_3_4_a_pruned_text_comes_back_when_children_are_worse() -> None:
    def score(request: ReviewRequest) -> int:
        if "then step" in request.idea.mechanism:
            return 1
        return 5 if "boron" in request.idea.title else 4 if "wavelet" in request.idea.title else 3

    muse = CannedMuse(score=score)
    found = await BeamArm(width=1, branch=1, depth=3).run(desk(muse), 3)
    assert found.measures["revived"] == 2.0
    worked_on = [request.idea.title.split(" ")[0] for request in muse.revised]
    assert worked_on == ["boron0", "wavelet1", "iron2"]
    assert [idea.text.title.split(" ")[0] for idea in found.ideas] == ["boron0", "wavelet1", "iron2"]


async def test_3_4_width_depth_and_branch_bound_the_tree_and_pruned_nodes_are_kept() -> None:
    muse = CannedMuse()
    found = await BeamArm(width=2, branch=2, depth=2).run(desk(muse), 4)
    assert len(muse.proposed) == 4
    assert len(muse.revised) == 2 * 2 * 2
    assert len(found.lineage) == 12
    assert any(node.fate is Fate.PRUNED for node in found.lineage)
    assert len(found.ideas) == 4
