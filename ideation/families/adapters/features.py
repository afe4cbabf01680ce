"""What a learned judge sees of an idea: countable traits of its parts, how the parts fit, and where it lies.

Spark's judge (arXiv 2504.20090) and LDC (arXiv 2412.14626) learn from reviews with a language model; these
features are few enough to be learned from tens of pairs, and a person can read what each weighs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.embedder import Embedder
from ideation.idea import IdeaText

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

DIRECTIONS = 8
"""Directions of the embeddings that are kept: those along which the training ideas differ most."""
_COMPARED = re.compile(r"\b(?:against|baseline|compar\w+|control|versus|vs|without)\b", re.I)
_OUTCOME = re.compile(r"\b(?:if|unless|more|less|higher|lower|increas\w*|decreas\w*|at least)\b", re.I)
_PARTS = ("title", "problem", "mechanism", "prediction", "evaluation")
NAMES = (
    *(f"length of {part}" for part in _PARTS),
    *("drops an assumption", "names a consequence", "longest sentence", "length of words"),
    *("share of different words", "numbers", "compares in its evaluation", "outcome in its prediction"),
    *("problem near mechanism", "mechanism near evaluation", "problem near topic", "mechanism near topic"),
)
"""The facet features, in order of their columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An idea as the judge gets it; `id` is unique among those given together."""

    id: str
    text: IdeaText
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raw:
    """Of n ideas: facet features (n, len(NAMES)), and unit embeddings of the whole texts (n, d)."""

    facets: Floats
    vectors: Floats


def raw_features(ideas: Sequence[Judged], embedder: Embedder) -> Raw:
    """Read all ideas; each text is embedded once."""
    views = [
        [each.text.whole for each in ideas],
        [each.text.problem for each in ideas],
        [each.text.mechanism for each in ideas],
        [each.text.evaluation for each in ideas],
        [each.topic for each in ideas],
    ]
    texts = list(dict.fromkeys(text for view in views for text in view))
    place = {text: row for row, text in enumerate(texts)}
    vectors = np.asarray(embedder.embed(texts), dtype=np.float64).reshape(len(texts), embedder.dimensions)
    whole, problem, mechanism, evaluation, topic = (
        vectors[np.array([place[text] for text in view], dtype=np.intp)] for view in views
    )
    fits = [
        np.vecdot(problem, mechanism),
        np.vecdot(mechanism, evaluation),
        np.vecdot(problem, topic),
        np.vecdot(mechanism, topic),
    ]
    counted = np.array([_counted(each.text) for each in ideas], dtype=np.float64)
    facets = np.column_stack([counted.reshape(len(ideas), len(NAMES) - len(fits)), *fits])
    return Raw(facets=facets, vectors=whole)


def _counted(text: IdeaText) -> list[float]:
    words = re.findall(r"\w+", text.whole.casefold())
    longest = max((len(part.split()) for part in re.split(r"[.!?]\s|\n", text.whole)), default=0)
    tested = f"{text.prediction} {text.evaluation}"
    return [
        *(float(np.log1p(len(getattr(text, part).split()))) for part in _PARTS),
        float(bool(text.dropped.strip())),
        float(bool(text.consequence.strip())),
        float(np.log1p(longest)),
        sum(map(len, words)) / max(1, len(words)),
        len(set(words)) / max(1, len(words)),
        float(np.log1p(len(re.findall(r"\d+(?:\.\d+)?", tested)))),
        float(bool(_COMPARED.search(text.evaluation))),
        float(bool(_OUTCOME.search(text.prediction))),
    ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Space:
    """Facet features in units of the training ideas' spread, beside `directions` (k, d) of the embeddings."""

    centre: Floats
    spread: Floats
    mean: Floats
    directions: Floats
    lengths: Floats

    @property
    def names(self) -> tuple[str, ...]:
        return (*NAMES, *(f"direction {number}" for number in range(1, len(self.directions) + 1)))

    def rows(self, raw: Raw) -> Floats:
        """Shape (n, len(names))."""
        facets = (raw.facets - self.centre) / self.spread
        found: Floats = np.hstack([facets, (raw.vectors - self.mean) @ self.directions.T / self.lengths])
        return found


def space_of(raw: Raw, among: Places | None = None, *, directions: int = DIRECTIONS) -> Space:
    """Learned from the ideas at the places `among`, or from all.

    Raises:
        ValueError: no idea.
    """
    facets, vectors = (raw.facets, raw.vectors) if among is None else (raw.facets[among], raw.vectors[among])
    if not len(facets):
        raise ValueError("a space of features is learned from ideas")
    mean = vectors.mean(axis=0)
    axes, lengths = _main_directions(vectors - mean, directions)
    spread = facets.std(axis=0)
    return Space(
        centre=facets.mean(axis=0),
        spread=np.where(spread > 1e-9, spread, 1.0),
        mean=mean,
        directions=axes,
        lengths=lengths / np.sqrt(len(facets)),
    )


def _main_directions(rows: Floats, most: int) -> tuple[Floats, Floats]:
    """The first singular vectors (k, d) of rows (n, d) and their values (k,), from the smaller of the two
    Gram matrices: a whole decomposition is slow, and hardly more exact for so few.
    """
    wide = rows.shape[0] <= rows.shape[1]
    squares, found = np.linalg.eigh(rows @ rows.T if wide else rows.T @ rows)
    lengths = np.sqrt(np.maximum(squares[::-1][:most], 0.0))
    kept = int((lengths > 1e-6).sum())
    lengths, axes = lengths[:kept], found[:, ::-1][:, :kept].T
    if wide:
        axes = axes @ rows / lengths[:, None]
    # The sign of a direction is the library's whim: the largest part is made positive.
    signs = np.sign(axes[np.arange(kept), np.abs(axes).argmax(axis=1)]) if kept else np.ones(0)
    return axes * signs[:, None], lengths
