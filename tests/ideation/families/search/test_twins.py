from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ProviderError
from ideation.families.search.twins import KeptVectors, Twins
from ideation.idea import IdeaText
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.families.search.papers import CannedMuse, RaisingMuse, desk, idea_text

LONG = IdeaText(
    title="Boronic bonds in membranes that mend themselves",
    problem="Membranes tear under shear and nobody can mend them in place.",
    mechanism="Dynamic boronic bonds reform after rupture because they exchange in water.",
    prediction="Salt rejection recovers within a day of the cut.",
    evaluation="Cut, wait a day, measure rejection against an uncut membrane.",
)
AKIN = IdeaText(
    title="Boronic bonds in membranes that clean themselves",
    problem="Membranes foul in use and nobody can clean them in place.",
    mechanism="Boronic bonds let a fouled layer go in acid, because they open there.",
    prediction="Flux recovers within an hour of the wash.",
    evaluation="Foul, wash, measure flux against a membrane without the bonds.",
)


class CountingEmbedder(LexicalEmbedder):
    def __init__(self, *, broken: bool = False) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._broken = broken

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._broken:
            raise ProviderError("the embedder is down")
        self.seen += texts
        return super().embed(texts)


async def test_the_same_text_is_a_twin_and_another_one_is_not() -> None:
    twins = Twins(desk(CannedMuse()), "stage")
    found = await twins.twin(LONG, [idea_text(1), LONG])
    assert found is not None
    assert (found.at, found.likeness, found.judged) == (1, 1.0, False)
    assert await twins.twin(LONG, [idea_text(1), idea_text(2)]) is None
    assert await twins.twin(LONG, []) is None


@pytest.mark.parametrize(("score", "same"), [(1, True), (2, False), (5, False), (None, False)])
async def test_3_8_in_between_a_judge_decides_and_in_doubt_two_ideas_stay_apart(
    score: int | None, same: bool
) -> None:
    muse = CannedMuse(score=lambda request: score)
    twins = Twins(desk(muse), "stage")
    found = await twins.twin(LONG, [AKIN])
    assert twins.asked == 1
    assert (found is not None and found.judged) is same
    assert twins.abstained == (score is None)


async def test_a_judge_that_fails_makes_no_twin() -> None:
    place = desk(RaisingMuse())
    twins = Twins(place, "stage")
    assert await twins.twin(LONG, [AKIN]) is None
    assert (twins.abstained, place.ledger.failures) == (1, 1)


async def test_without_an_embedder_words_are_compared_and_the_failure_is_counted() -> None:
    place = desk(CannedMuse(score=lambda request: 1), embedder=CountingEmbedder(broken=True))
    twins = Twins(place, "stage")
    assert await twins.twin(LONG, [idea_text(1), AKIN]) is not None
    assert await twins.twin(LONG, [idea_text(1)]) is None
    assert place.ledger.failures == 1


def test_no_text_is_embedded_twice() -> None:
    inner = CountingEmbedder()
    kept = KeptVectors(inner)
    first = kept.embed(["a b", "c d"])
    again = kept.embed(["c d", "a b", "c d", "e f"])
    assert inner.seen == ["a b", "c d", "e f"]
    assert np.array_equal(again[:2], first[::-1])
    assert kept.embed([]).shape == (0, inner.dimensions)
