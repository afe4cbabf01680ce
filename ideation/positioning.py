"""Where ideas lie among the papers of a run: distances to past and present work, rare combinations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.embedder import Embedder
from ideation.arm import Library
from ideation.corpus.identity import PaperId
from ideation.evaluation.corpus_novelty import Direction, corpus_novelty, rarity
from ideation.families.knowledge.concepts import concepts
from ideation.idea import Idea, IdeaId
from ideation.muse import Source

PRESENT_YEARS = 3
"""The latest years of the library count as present work, all before as past."""
FOUND = 40
"""Papers that an idea's search brings: the nearest are looked for among those of all ideas."""
MOST_COUNTED = 3_000
"""Larger libraries: concepts are counted in the papers that were found, not in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """Values by idea and name, None where the papers have nothing to say. `split` is the first year that
    counts as present, None where no paper has a year.
    """

    values: Mapping[IdeaId, Mapping[str, float | None]]
    split: int | None


def positions(
    ideas: Sequence[Idea],
    library: Library,
    embedder: Embedder,
    cited: Callable[[PaperId], int | None],
) -> Positions:
    """HD, CD, CI, ON and rarity of each idea, by the names of `Direction`.

    Raises:
        ProviderError: the embedder failed.
    """
    papers = _near(ideas, library)
    if not ideas or not papers:
        return Positions(values={idea.id: dict.fromkeys(Direction.__members__) for idea in ideas}, split=None)
    years = np.array([_number(library.year(paper.paper)) for paper in papers])
    known = years[np.isfinite(years)]
    split = int(known.max()) - PRESENT_YEARS + 1 if len(known) else None
    rows = np.asarray(
        embedder.embed([*(idea.text.whole for idea in ideas), *map(_text, papers)]), dtype=np.float64
    )
    found = corpus_novelty(
        rows[: len(ideas)],
        rows[len(ideas) :],
        years,
        np.array([_number(cited(paper.paper)) for paper in papers]),
        split=float(split or 0),
    )
    every = list(library.papers())
    whole = [each for key in every if (each := library.get(key))] if len(every) <= MOST_COUNTED else papers
    rare = rarity([concepts(idea.text.whole) for idea in ideas], [concepts(_text(each)) for each in whole])
    return Positions(
        values={
            idea.id: {
                "HD": place.historical.value,
                "CD": place.contemporary.value,
                "CI": place.impact.value,
                "ON": place.overall.value,
                "RARITY": unusual.value,
            }
            for idea, place, unusual in zip(ideas, found, rare, strict=True)
        },
        split=split,
    )


def _near(ideas: Sequence[Idea], library: Library) -> list[Source]:
    found = (source for idea in ideas for source in library.search(idea.text.whole, FOUND))
    return list({source.paper: source for source in found}.values())


def _text(paper: Source) -> str:
    return f"{paper.title}\n{paper.abstract}" if paper.abstract else paper.title


def _number(value: int | None) -> float:
    return float("nan") if value is None else float(value)
