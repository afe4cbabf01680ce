"""LAME: probabilities of a batch pulled together where the items are alike (row 10). No torch.

Paper: Boudiaf et al. 2022, "Parameter-Free Online Test-Time Adaptation" (LAME).
    U = -log q, q [n, k] the probabilities; F [n, d] the features with rows of length 1; W [n, n] of likeness
    repeat Y <- softmax(-U + lambda W Y), from Y = q
    falls: sum(U Y + Y log Y) - lambda / 2 tr(Y^T W Y)
The objective has the half: that is what the update makes smaller, where W has no negative eigenvalue (`rbf`
and `linear`). The released monitor leaves the half out, and what it watches may rise. `neighbours` has
negative eigenvalues; there a step that would not make the objective smaller ends the loop. It is made
symmetric too, which the released one is not. Nothing is trained; for a batch of a router, an outcome
classifier or a reranker of at least some 16 items, never for tokens. One answer for the whole batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import UserError

Floats = NDArray[np.float64]
LEAST = 1e-10
"""Of a probability, before its logarithm."""


class Likeness(StrEnum):
    """W [n, n] from features: the k nearest (0, 1/2 or 1), a Gaussian of the distance, or the cosine."""

    NEIGHBOURS = "neighbours"
    RBF = "rbf"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothed:
    """`probabilities` [n, k], rows sum to 1; `objective` of each turn, the first that of the input."""

    probabilities: Floats
    objective: tuple[float, ...]


def lame(
    probabilities: ArrayLike,
    features: ArrayLike,
    *,
    weight: float = 1.0,
    likeness: Likeness = Likeness.RBF,
    neighbours: int = 5,
    turns: int = 100,
    tolerance: float = 1e-9,
) -> Smoothed:
    """Adapt [n, k] probabilities by [n, d] features; `weight` is lambda, and 0 changes nothing.

    Ends when the objective falls by less than `tolerance` of itself, after `turns` at the latest.

    Raises:
        UserError: shapes do not fit, rows are no probabilities, or `weight` or `neighbours` is out of range.
    """
    q, kept = _checked(probabilities, features, weight, neighbours)
    unary = -np.log(np.clip(q, LEAST, None))
    affinity = likeness_matrix(kept, likeness, neighbours)
    found = softmax(-unary)
    values = [objective(found, unary, affinity, weight)]
    for _ in range(turns if weight else 0):
        new = softmax(weight * affinity @ found - unary)
        value = objective(new, unary, affinity, weight)
        if value >= values[-1]:
            break
        found = new
        values.append(value)
        if values[-2] - value <= tolerance * abs(value):
            break
    return Smoothed(probabilities=found, objective=tuple(values))


def objective(found: Floats, unary: Floats, affinity: Floats, weight: float) -> float:
    """sum(U Y + Y log Y) - lambda / 2 tr(Y^T W Y)."""
    entropy = np.where(found > 0, found * np.log(np.clip(found, np.finfo(float).tiny, None)), 0.0)
    return float((unary * found + entropy).sum() - weight / 2 * (found * (affinity @ found)).sum())


def likeness_matrix(features: Floats, likeness: Likeness, neighbours: int) -> Floats:
    """W [n, n], symmetric. The width of the Gaussian is the mean distance to the k-th nearest."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.where(length > 0, length, 1.0)
    cosine = unit @ unit.T
    if likeness is Likeness.LINEAR:
        return cosine
    distance = np.sqrt(np.clip(2.0 - 2.0 * cosine, 0.0, None))
    np.fill_diagonal(distance, 0.0)
    count = min(neighbours, len(features) - 1)
    if likeness is Likeness.RBF:
        width = np.sort(distance, axis=1)[:, count].mean()
        return np.exp(-(distance**2) / (2 * max(width, 1e-6) ** 2))
    np.fill_diagonal(distance, np.inf)  # nothing is a neighbour of itself
    nearest = np.zeros_like(distance)
    np.put_along_axis(nearest, np.argsort(distance, axis=1, kind="stable")[:, :count], 1.0, axis=1)
    return (nearest + nearest.T) / 2


def softmax(scores: Floats) -> Floats:
    """By row."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _checked(
    probabilities: ArrayLike, features: ArrayLike, weight: float, neighbours: int
) -> tuple[Floats, Floats]:
    q, kept = np.asarray(probabilities, dtype=np.float64), np.asarray(features, dtype=np.float64)
    if q.ndim != 2 or kept.ndim != 2 or len(q) != len(kept) or not q.size:
        raise UserError(
            f"lame needs probabilities [n, k] and features [n, d], not {q.shape} and {kept.shape}"
        )
    if not (np.isfinite(kept).all() and (q >= 0).all() and np.allclose(q.sum(axis=1), 1.0, atol=1e-4)):
        raise UserError("lame needs rows of probabilities that sum to 1, and finite features")
    if weight < 0 or neighbours < 1:
        raise UserError("lame: `weight` must be 0 or more, `neighbours` 1 or more")
    return q, kept
