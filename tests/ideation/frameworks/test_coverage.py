from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.frameworks.boden import LEVELS, Evidence, Level, Tag
from ideation.frameworks.coverage import coverage
from ideation.idea import Family
from tests.ideation.novelty.papers import idea


def tagged(level: Level) -> Tag:
    evidence = () if level is Level.NONE else (Evidence(level=level, what="seen"),)
    return Tag(level=level, evidence=evidence)


@given(st.lists(st.tuples(st.sampled_from(Family), st.sampled_from([*Level, None])), max_size=30))
def test_9_5_every_idea_counts_once_and_empty_cells_are_named(
    drawn: list[tuple[Family, Level | None]],
) -> None:
    ideas = [idea(number=number, family=family) for number, (family, _) in enumerate(drawn)]
    tags = {
        each.id: tagged(level) for each, (_, level) in zip(ideas, drawn, strict=True) if level is not None
    }
    found = coverage(ideas, tags)
    assert len(found.cells) == 15
    assert sum(found.cells.values()) + sum(found.untagged.values()) == len(ideas)
    assert len(found.empty) == len(found.empty_named()) == 15 - len(set(drawn) & set(found.cells))
    assert found.share == pytest.approx((15 - len(found.empty)) / 15)


def test_9_5_the_matrix_reads_family_by_level() -> None:
    ideas = [idea(number=0, family=Family.SEARCH), idea(number=1, family=Family.SEARCH)]
    found = coverage(ideas, {ideas[0].id: tagged(Level.EXPLORATORY)})
    assert found.cells[Family.SEARCH, Level.EXPLORATORY] == 1
    assert found.untagged[Family.SEARCH] == 1
    assert "agents: no transformational idea" in found.empty_named()
    lines = found.table().splitlines()
    assert [line.split()[0] for line in lines[1:]] == [family.value for family in Family]
    assert all(level in lines[0] for level in LEVELS)
