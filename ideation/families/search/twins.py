"""Which idea says the same as an earlier one: the calibrated likeness, and a judge where it is in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.embedder import Embedder
from core.errors import ProviderError
from ideation.arm import Desk
from ideation.corpus.identity import PaperId
from ideation.families.search.material import call_seed
from ideation.idea import IdeaText
from ideation.likeness.model import model_for
from ideation.likeness.signals import Pool
from ideation.muse import ReviewRequest, Source
from ideation.wordings import criterion

SAMENESS = criterion("search: difference")
_SAME = 1
"""The grade that calls two ideas one. In doubt they stay apart: an idea merged away is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """An earlier text (`at` in the order given) that says the same; `judged` where a judge said so."""

    at: int
    likeness: float
    judged: bool


class KeptVectors:
    """An embedder that embeds no text twice."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: dict[str, NDArray[np.float32]] = {}

    @property
    def id(self) -> str:
        return self._embedder.id

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raises:
        ProviderError: the embedder behind it failed.
        """
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if new:
            self._kept.update(zip(new, self._embedder.embed(new), strict=True))
        rows = [self._kept[text] for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimensions), dtype=np.float32)


class Twins:
    """Compares ideas of one arm. Without a working embedder words alone are compared."""

    def __init__(self, desk: Desk, stage: str) -> None:
        self._desk, self._stage = desk, stage
        self._embedder: KeptVectors | None = KeptVectors(desk.embedder)
        self.asked = self.abstained = 0

    async def twin(self, text: IdeaText, earlier: Sequence[IdeaText], *, judged: bool = True) -> Twin | None:
        """The earlier text most like it, if it says the same.

        Between the calibrated thresholds the judge is asked, or with `judged` off it is no twin.

        Raises:
            LimitReached: the budget is spent.
        """
        if not earlier:
            return None
        try:
            return await self._twin(text, earlier, judged)
        except ProviderError as error:
            if self._embedder is None:
                raise
            self._desk.ledger.failed(self._stage, f"{type(error).__name__}: {error}")
            self._embedder = None
            return await self._twin(text, earlier, judged)

    async def _twin(self, text: IdeaText, earlier: Sequence[IdeaText], judged: bool) -> Twin | None:
        model = model_for(self._embedder, context=bool(self._desk.topic.strip()))
        pool = Pool(
            [*(each.whole for each in earlier), text.whole], embedder=self._embedder, context=self._desk.topic
        )
        chances = model.likeness(pool, [(at, len(earlier)) for at in range(len(earlier))])
        same = next((at for at, each in enumerate(earlier) if each.whole == text.whole), None)
        at = int(np.argmax(chances)) if same is None else same
        likeness = 1.0 if same is not None else float(chances[at])
        if likeness >= model.sure:
            return Twin(at=at, likeness=likeness, judged=False)
        if likeness < model.maybe or not judged:
            return None
        return await self._judged(text, earlier[at], at, likeness)

    async def _judged(self, text: IdeaText, other: IdeaText, at: int, likeness: float) -> Twin | None:
        request = ReviewRequest(
            topic=self._desk.topic,
            idea=text,
            criterion=SAMENESS,
            sources=(as_source(other),),
            seed=call_seed(self._desk.seed, at),
        )
        self.asked += 1
        grade = await self._desk.attempt(self._stage, partial(self._desk.judge.grade, request))
        if grade is None or grade.score is None:
            self.abstained += 1
            return None
        return Twin(at=at, likeness=likeness, judged=True) if grade.score <= _SAME else None


def as_source(text: IdeaText) -> Source:
    """An idea in the place of a paper, so that another can be compared with it."""
    body = " ".join(part for name, part in text if name != "title")
    return Source(paper=PaperId("earlier-idea"), title=text.title, abstract=body)
