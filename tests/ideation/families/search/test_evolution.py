from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.families.search.evolution import EvolutionArm
from ideation.families.search.islands import (
    Breeding,
    Choice,
    Island,
    breeding,
    choose_parent,
    migrate,
    parent_weights,
    survive,
)
from ideation.families.search.lineage import Searched
from tests.ideation.families.search.papers import CannedMuse, desk

VALUES = st.lists(st.one_of(st.none(), st.floats(1.0, 5.0)), min_size=1, max_size=8)


def island(number: int, values: list[float | None]) -> Island[tuple[int, int]]:
    found: Island[tuple[int, int]] = Island(number=number)
    for at in range(len(values)):
        found.add((number, at))
    return found


def test_3_6_breeding_follows_its_shares() -> None:
    chance = random.Random(0)
    found = Counter(breeding((0.5, 0.3, 0.2), chance) for _ in range(4000))
    for kind, share in zip(Breeding, (0.5, 0.3, 0.2), strict=True):
        assert found[kind] / 4000 == pytest.approx(share, abs=0.03)
    assert {breeding((0, 1, 0), chance) for _ in range(20)} == {Breeding.CROSSOVER}
    for wrong in ((0, 0, 0), (1, 1), (1, -1, 1)):
        with pytest.raises(UserError):
            breeding(wrong, chance)


@given(VALUES, st.integers(0, 99))
def test_3_6_a_parent_is_a_member_and_the_better_is_the_likelier(
    values: list[float | None], seed: int
) -> None:
    home = island(0, values)
    for how in Choice:
        at = choose_parent(home, lambda member: values[member[1]], how, random.Random(seed))
        assert 0 <= at < len(values)
    weights = parent_weights(values, [0] * len(values))
    assert all(weight > 0 for weight in weights)
    ranked = sorted(range(len(values)), key=lambda at: -1.0 if values[at] is None else values[at] or 0.0)
    assert [weights[at] for at in ranked] == sorted(weights)
    assert parent_weights(values, [3] * len(values)) == pytest.approx([weight / 4 for weight in weights])


@given(VALUES, st.integers(1, 6), st.integers(0, 3))
def test_3_6_elites_survive(values: list[float | None], size: int, elites: int) -> None:
    home = island(0, values)
    everyone = list(home.members)
    left = survive(home, size, elites, lambda member: values[member[1]])
    assert sorted([*left, *home.members]) == everyone
    assert len(home.members) == min(size, len(values)) == len(home.offspring)
    known = [value for value in values if value is not None]
    if known and elites:
        assert max(known) in [values[member[1]] for member in home.members]


def test_3_6_migration_copies_the_best_round_a_ring() -> None:
    values = {(n, at): float(at) for n in range(3) for at in range(2)}
    homes = [island(n, [0.0, 1.0]) for n in range(3)]
    moved = migrate(homes, 1, values.get)
    assert moved == [(0, 1, (0, 1)), (1, 2, (1, 1)), (2, 0, (2, 1))]
    assert [len(home.members) for home in homes] == [3, 3, 3]
    assert migrate(homes[:1], 1, values.get) == []


def islands_of(found: Searched, islands: int, drafts: int) -> dict[str, set[int]]:
    """Which islands' drafts each text descends from."""
    home: dict[str, set[int]] = {}
    for at, node in enumerate(found.lineage):
        idea = node.idea
        home[idea.id] = (
            set().union(*(home[parent] for parent in idea.parents)) if idea.parents else {at % islands}
        )
        assert idea.parents or at < drafts
    return home


async def test_3_6_nothing_crosses_islands_before_migration() -> None:
    arm = EvolutionArm(
        islands=3, generations=5, migrate_every=99, shares=(0.2, 0.7, 0.1), least_unique=0.0, children=3
    )
    found = await arm.run(desk(CannedMuse(), calls=4000), 6)
    homes = islands_of(found, 3, 6)
    assert found.measures["migrated"] == 0.0
    assert all(len(each) == 1 for each in homes.values())
    crossed = [node for node in found.lineage if len(node.idea.parents) == 2]
    assert len(crossed) > 5


async def test_3_6_after_migration_islands_mix() -> None:
    arm = EvolutionArm(
        islands=3, generations=6, migrate_every=1, shares=(0.1, 0.8, 0.1), least_unique=0.0, children=3
    )
    found = await arm.run(desk(CannedMuse(), calls=4000), 6)
    assert found.measures["migrated"] > 0
    assert any(len(each) > 1 for each in islands_of(found, 3, 6).values())


async def test_3_6_generations_bound_the_calls_and_the_best_come_first() -> None:
    muse = CannedMuse(score=lambda request: min(5, 1 + request.idea.mechanism.count("then step")))
    found = await EvolutionArm(generations=4, least_unique=0.0).run(desk(muse, calls=4000), 4)
    assert len(found.lineage) <= 6 + 4 * 3 * 2
    values = {node.idea.id: node.value for node in found.lineage}
    chosen = [values[idea.id] for idea in found.ideas]
    assert chosen == sorted(chosen, key=lambda value: -(value or 0.0))
    assert chosen[0] == max(value for value in values.values() if value is not None)
