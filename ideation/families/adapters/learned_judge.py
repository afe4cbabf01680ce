"""A judge learned from pairs: Bradley-Terry strengths that are linear in the features, in pure NumPy.

The chance that an idea is better than another is the logistic function of the difference of their strengths
(Bradley and Terry, Biometrika 39 (1952) 324, with covariates as in Springall, Appl. Stat. 22 (1973) 59); a
ridge, chosen on pairs left out, keeps few pairs from being learned by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.embedder import Embedder
from core.errors import UserError
from ideation.families.adapters.features import Floats, Judged, Places, Raw, Space, raw_features, space_of

RIDGES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
FOLDS = 4
_STEPS, _CLOSE = 60, 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Places of two of the ideas given: the first was found better. `weight` counts it as so many."""

    better: int
    worse: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearnedJudge:
    """`weights` (k,) are log odds a unit of each feature; `pairs` is how many it was learned from."""

    space: Space
    weights: Floats
    ridge: float
    embedder: str
    pairs: int

    def strengths(self, ideas: Sequence[Judged], embedder: Embedder) -> Floats:
        """Log odds, shape (n,); only their differences mean something.

        Raises:
            UserError: another embedder than the judge was learned with.
        """
        if embedder.id != self.embedder:
            raise UserError(f"this judge was learned with the embedder {self.embedder}, not {embedder.id}")
        return self.of(raw_features(ideas, embedder))

    def of(self, raw: Raw) -> Floats:
        found: Floats = self.space.rows(raw) @ self.weights
        return found

    def weighs(self, most: int = 5) -> tuple[tuple[str, float], ...]:
        """The features that count most, with their weights."""
        order = np.argsort(-np.abs(self.weights), kind="stable")[:most]
        return tuple((self.space.names[place], float(self.weights[place])) for place in order)


def learn(
    ideas: Sequence[Judged], pairs: Sequence[Pair], embedder: Embedder, *, ridge: float | None = None
) -> LearnedJudge:
    """A judge from pairs of the ideas. Without a `ridge` the one is taken that tells left-out pairs best.

    Raises:
        UserError: no pair.
    """
    raw = raw_features(ideas, embedder)
    return learn_raw(raw, pairs, embedder.id, ridge=ridge)


def learn_raw(raw: Raw, pairs: Sequence[Pair], embedder: str, *, ridge: float | None = None) -> LearnedJudge:
    """As `learn`, from features read before."""
    if not pairs:
        raise UserError("a judge is learned from pairs, and there is none: rank or grade some ideas first")
    space = space_of(raw, _ideas_in(pairs))
    rows = space.rows(raw)
    chosen = _best_ridge(rows, pairs) if ridge is None else ridge
    return LearnedJudge(
        space=space,
        weights=_fit(*_differences(rows, pairs), chosen),
        ridge=chosen,
        embedder=embedder,
        pairs=len(pairs),
    )


def pairs_from_scores(
    scores: Sequence[float | None], topics: Sequence[str], *, least_gap: float = 1e-9
) -> tuple[Pair, ...]:
    """Every two ideas of one topic whose scores lie apart: scores of different topics are not compared."""
    places = [place for place, score in enumerate(scores) if score is not None]
    known = np.array([np.nan if score is None else score for score in scores], dtype=np.float64)
    return tuple(
        Pair(better=one, worse=other)
        for one in places
        for other in places
        if topics[one] == topics[other] and known[one] - known[other] >= least_gap
    )


def chances(differences: Floats) -> Floats:
    """The logistic function, without overflow."""
    found: Floats = 1.0 / (1.0 + np.exp(-np.clip(differences, -60.0, 60.0)))
    return found


def sides(ideas: int, groups: Places, folds: int, seed: int) -> Places:
    """The fold of each idea, shape (n,): ideas of one group share it."""
    names, place = np.unique(groups, return_inverse=True)
    of_group = np.empty(len(names), dtype=np.intp)
    of_group[np.random.default_rng(seed).permutation(len(names))] = np.arange(len(names)) % folds
    return of_group[place] if ideas else np.zeros(0, dtype=np.intp)


def _ideas_in(pairs: Sequence[Pair]) -> Places:
    return np.unique(np.array([(pair.better, pair.worse) for pair in pairs], dtype=np.intp))


def _best_ridge(rows: Floats, pairs: Sequence[Pair]) -> float:
    """By the log loss of pairs whose ideas were both left out; the strongest where too few can be."""
    fold = sides(len(rows), np.arange(len(rows)), FOLDS, 0)
    losses = np.zeros(len(RIDGES))
    tested = 0.0
    for each in range(FOLDS):
        train = [pair for pair in pairs if each not in (fold[pair.better], fold[pair.worse])]
        test = [pair for pair in pairs if fold[pair.better] == each == fold[pair.worse]]
        if not train or not test:
            continue
        gaps, weights = _differences(rows, test)
        known = _differences(rows, train)
        tested += float(weights.sum())
        for place, ridge in enumerate(RIDGES):
            found = chances(gaps @ _fit(*known, ridge))
            losses[place] -= float(weights @ np.log(found))
    return RIDGES[int(losses.argmin())] if tested else RIDGES[-1]


def _differences(rows: Floats, pairs: Sequence[Pair]) -> tuple[Floats, Floats]:
    better = np.array([pair.better for pair in pairs], dtype=np.intp)
    worse = np.array([pair.worse for pair in pairs], dtype=np.intp)
    return rows[better] - rows[worse], np.array([pair.weight for pair in pairs], dtype=np.float64)


def _fit(gaps: Floats, counts: Floats, ridge: float) -> Floats:
    """The most likely weights (k,), by Newton's method: the loss is convex. `gaps` is (pairs, k)."""
    point = np.zeros(gaps.shape[1])
    for _ in range(_STEPS):
        right = chances(gaps @ point)
        slope = gaps.T @ (counts * (1.0 - right)) - ridge * point
        bend = counts * right * (1.0 - right)
        step = np.linalg.solve((gaps * bend[:, None]).T @ gaps + ridge * np.eye(len(point)), slope)
        # The ridge makes the optimum finite; a bounded step keeps Newton from leaping past it.
        point = point + step * min(1.0, 5.0 / max(1e-12, float(np.abs(step).max())))
        if float(np.abs(step).max()) < _CLOSE:
            break
    return point
