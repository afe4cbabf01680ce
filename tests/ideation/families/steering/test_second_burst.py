from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.families.steering.medoids import medoids
from ideation.families.steering.second_burst import SecondBurstArm
from ideation.families.steering.shapes import PlainArm
from tests.ideation.families.search.papers import CannedMuse, desk, same_muse
from tests.ideation.families.search.test_twins import CountingEmbedder


@given(st.integers(0, 40), st.integers(0, 12), st.integers(0, 99))
def test_2_10_medoids_are_some_of_the_rows(total: int, count: int, seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(total, 5)).astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    found = medoids(rows, count)
    assert len(found) == len(set(found)) == min(total, count)
    assert found == sorted(found) == medoids(rows, count)


def test_2_10_medoids_stand_for_their_groups() -> None:
    rng = np.random.default_rng(1)
    centres = np.eye(4)
    rows = np.repeat(centres, 6, axis=0) + rng.normal(scale=0.05, size=(24, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert sorted(at // 6 for at in medoids(rows.astype(np.float32), 4)) == [0, 1, 2, 3]
    same = np.ones((5, 1), dtype=np.float32)
    assert len(medoids(same, 3)) == 3


async def test_2_10_all_earlier_titles_are_named_while_they_are_few() -> None:
    earlier = (await PlainArm().run(desk(CannedMuse()), 3)).ideas
    muse = CannedMuse()
    found = await SecondBurstArm(batch=2).run(replace(desk(muse), known=earlier), 4)
    titles = [idea.text.title for idea in (*earlier, *found.ideas)]
    assert muse.proposed[0].said == tuple(titles[:3])
    assert muse.proposed[1].said == tuple(titles[:5])


async def test_2_10_the_list_is_capped_by_medoids_of_all() -> None:
    earlier = (await PlainArm().run(desk(CannedMuse(), calls=99), 40)).ideas
    muse = CannedMuse()
    await SecondBurstArm(most_said=8).run(replace(desk(muse), known=earlier), 12)
    titles = {idea.text.title for idea in earlier}
    for request in muse.proposed:
        assert len(request.said) == len(set(request.said)) == 8
    assert set(muse.proposed[0].said) <= titles


async def test_2_10_where_the_embedder_fails_the_latest_are_named() -> None:
    earlier = (await PlainArm().run(desk(CannedMuse(), calls=99), 12)).ideas
    muse = CannedMuse()
    place = replace(desk(muse, embedder=CountingEmbedder(broken=True)), known=earlier)
    found = await SecondBurstArm(most_said=5, batch=2).run(place, 2)
    assert muse.proposed[0].said == tuple(idea.text.title for idea in earlier[-5:])
    assert len(found.ideas) == 2
    assert place.ledger.failures >= 1


@pytest.mark.parametrize("window", [5, 10])
async def test_3_11_the_burst_ends_when_nothing_new_comes(window: int) -> None:
    found = await SecondBurstArm(window=window).run(desk(same_muse()), 60)
    assert "saturated" in found.stopped
    assert len(found.ideas) <= window + 8
