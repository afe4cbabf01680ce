from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ModelOutputError
from ideation.families.search.mcts import MctsArm
from ideation.families.search.moves import Move
from ideation.families.search.tree import TreeNode, select, uct
from ideation.muse import Grade, ReviewRequest
from tests.ideation.families.search.papers import CannedMuse, RaisingMuse, desk

Node = TreeNode[int, str]


def test_3_5_uct_is_the_mean_and_the_bonus_of_rarity() -> None:
    root = Node(thing=0, untried=[])
    one, two = root.grow(1, []), root.grow(2, ["x"])
    assert uct(one, 1.0) == math.inf
    one.propagate(1.0, 0.5)
    one.propagate(0.0, 0.5)
    two.propagate(0.6, 0.5)
    assert root.visits == 3
    assert root.total == pytest.approx(0.5 + 0.0 + 0.3)
    assert uct(one, 1.4) == pytest.approx(0.5 + 1.4 * math.sqrt(math.log(3) / 2))
    assert uct(two, 0.0) == pytest.approx(0.6)


def test_3_5_a_reward_is_discounted_by_each_step_up() -> None:
    root = Node(thing=0, untried=[])
    deep = root.grow(1, []).grow(2, []).grow(3, [])
    deep.propagate(1.0, 0.9)
    totals = [node.total for node in root.walk()]
    assert totals == pytest.approx([0.9**3, 0.9**2, 0.9, 1.0])


@given(st.integers(0, 10_000), st.floats(0.0, 3.0))
def test_3_5_a_search_ends_and_visits_add_up(seed: int, c: float) -> None:
    chance = random.Random(seed)
    root = Node(thing=0, untried=["g"] * 3)
    grown = valued = 0
    while (node := select(root, c)) is not None:
        node.untried.pop()
        if chance.random() < 0.2:
            continue
        grown += 1
        child = node.grow(grown, ["a", "b"] if node.depth < 2 else [], barren=chance.random() < 0.3)
        if not child.barren:
            valued += 1
            child.propagate(chance.random(), 0.9)
    assert grown <= 3 * (1 + 2 + 4)
    assert root.visits == valued
    assert all(0.0 <= node.mean <= 1.0 for node in root.walk())
    assert all(node.visits >= sum(child.visits for child in node.children) for node in root.walk())


async def test_3_5_four_moves_are_made_and_visits_and_values_are_saved() -> None:
    muse = CannedMuse()
    found = await MctsArm(steps=8).run(desk(muse), 2)
    moves = {node.operator for node in found.lineage}
    assert moves == {Move.GENERATE, Move.REFRAME, Move.REFINE, Move.RETRIEVE}
    assert len(muse.listed) == sum(node.operator == Move.RETRIEVE for node in found.lineage)
    assert len(muse.proposed) == 2
    assert len(found.lineage) == 16
    assert found.measures["root_visits"] == 16.0
    assert sum(node.visits for node in found.lineage if not node.idea.parents) == 16
    assert all(node.total == pytest.approx(0.5) for node in found.lineage if node.visits == 1)
    assert found.measures["deepest"] <= 3.0


async def test_3_5_a_failed_reviewer_carries_nothing_back() -> None:
    class Sometimes(CannedMuse):
        async def grade(self, request: ReviewRequest) -> Grade:
            if "boron" in request.idea.title:
                raise ModelOutputError("nothing readable")
            return await super().grade(request)

    found = await MctsArm().run(desk(Sometimes()), 2)
    failed = [node for node in found.lineage if node.value is None]
    assert [node.idea.text.title.split(" ")[0] for node in failed] == ["boron0"]
    assert (failed[0].visits, failed[0].total) == (0, 0.0)
    good = [node for node in found.lineage if node.value is not None]
    assert found.measures["root_visits"] == len(good)
    assert all(node.idea.parents[0] != failed[0].idea.id for node in good if node.idea.parents)
    assert len(found.ideas) == 2


async def test_3_5_with_no_reviewer_at_all_the_tree_stays_without_a_visit() -> None:
    found = await MctsArm().run(desk(CannedMuse(), RaisingMuse()), 3)
    assert found.measures["root_visits"] == 0.0
    assert len(found.ideas) == 3
    assert found.measures["unvalued"] == 3.0


async def test_3_5_the_search_spends_more_on_what_is_graded_better() -> None:
    muse = CannedMuse(score=lambda request: 5 if "wavelet" in request.idea.title else 1)
    found = await MctsArm(c=0.1, depth=4, steps=6).run(desk(muse), 3)
    visits = {
        node.idea.text.title.split(" ")[0]: node.visits for node in found.lineage if not node.idea.parents
    }
    assert visits["wavelet1"] > 2 * max(visits["boron0"], visits["iron2"])
    assert "wavelet1" in found.ideas[0].text.title
