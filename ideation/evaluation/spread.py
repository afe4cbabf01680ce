"""How far the ideas of a set lie apart, from a matrix of similarities.

All take `similarity`, shape (n, n), symmetric, 1 on the diagonal, higher is more alike (cosines of unit
vectors, or chances of being the same). A distance is 1 - similarity. Higher is more diverse in every measure
unless its docstring says otherwise.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

Floats = NDArray[np.float64]

VENDI_ORDERS = (0.1, 0.5, 1.0, 2.0, math.inf)


def checked(similarity: Floats) -> Floats:
    """The same matrix as float64.

    Raises:
        UserError: not square, not symmetric, not 1 on the diagonal, or not all numbers.
    """
    matrix = np.asarray(similarity, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise UserError(f"similarities need a square matrix, not one of shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise UserError("similarities must be numbers")
    if not np.allclose(matrix, matrix.T, atol=1e-6) or not np.allclose(np.diag(matrix), 1.0, atol=1e-5):
        raise UserError("similarities must be symmetric, and 1 of each idea with itself")
    return matrix


def cosine_similarity(vectors: Floats) -> Floats:
    """Of rows (n, d), shape (n, n). A zero row is like nothing but itself."""
    rows = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(lengths > 0, lengths, 1.0)
    matrix: Floats = np.clip(unit @ unit.T, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def mean_pairwise_distance(similarity: Floats) -> float | None:
    """Over all pairs; None with fewer than two ideas."""
    matrix = checked(similarity)
    count = len(matrix)
    return float((1.0 - matrix[np.triu_indices(count, 1)]).mean()) if count > 1 else None


def mean_nearest_distance(similarity: Floats) -> float | None:
    """Of each idea to the one most like it; None with fewer than two ideas."""
    matrix = checked(similarity).copy()
    if len(matrix) < 2:
        return None
    np.fill_diagonal(matrix, -np.inf)
    return float((1.0 - matrix.max(axis=1)).mean())


def vendi(similarity: Floats, order: float = 1.0) -> float:
    """Vendi score of `order` q: the effective number of distinct ideas, in [1, n]; 0 for an empty set.

    exp of Renyi's entropy of the eigenvalues of K/n: Friedman and Dieng, TMLR 2023 (q = 1); Pasarkar and
    Dieng, AISTATS 2024 (any q >= 0, infinity included). Eigenvalues below 0 (the matrix need not be a
    kernel) count as 0.

    Raises:
        UserError: no matrix of similarities, or an order below 0.
    """
    matrix = checked(similarity)
    if order < 0 or math.isnan(order):
        raise UserError(f"the order of a Vendi score is 0 or more, not {order}")
    count = len(matrix)
    if count == 0:
        return 0.0
    values = np.linalg.eigvalsh(matrix / count)
    shares = values[values > 1e-10]
    shares = shares / shares.sum()
    if math.isinf(order):
        return float(1.0 / shares.max())
    if abs(order - 1.0) < 1e-9:
        return float(np.exp(-(shares * np.log(shares)).sum()))
    return float((shares**order).sum() ** (1.0 / (1.0 - order)))


def vendi_profile(
    similarity: Floats, orders: Sequence[float] = VENDI_ORDERS
) -> tuple[tuple[float, float], ...]:
    """(q, score) for each order; falls as q grows. A low q counts rare ideas, infinity only the commonest."""
    return tuple((order, vendi(similarity, order)) for order in orders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """At a threshold of similarity: the share of ideas that are like none before them."""

    threshold: float
    share: float


def unique_curve(similarity: Floats, thresholds: Sequence[float]) -> tuple[Unique, ...]:
    """Ideas are taken in their order; one is a duplicate when a kept one is at least `threshold` like it."""
    matrix = checked(similarity)
    found = []
    for threshold in thresholds:
        kept: list[int] = []
        for at in range(len(matrix)):
            if not kept or float(matrix[at, kept].max()) < threshold:
                kept.append(at)
        found.append(Unique(threshold=threshold, share=len(kept) / len(matrix) if len(matrix) else 0.0))
    return tuple(found)


def unique_by_batch(similarity: Floats, threshold: float, batch: int) -> tuple[float, ...]:
    """Share of each batch of ideas, in order, that are like no idea kept before: falls as a run saturates.

    Raises:
        UserError: a batch below 1.
    """
    if batch < 1:
        raise UserError("a batch needs one idea at least")
    matrix = checked(similarity)
    kept: list[int] = []
    new = []
    for at in range(len(matrix)):
        new.append(not kept or float(matrix[at, kept].max()) < threshold)
        if new[-1]:
            kept.append(at)
    return tuple(float(np.mean(new[start : start + batch])) for start in range(0, len(new), batch))


def cluster_entropy(labels: Sequence[Hashable]) -> float:
    """Shannon entropy of the sizes of clusters in nats: 0 for one cluster, ln n for n of one idea each."""
    sizes = np.array(list(Counter(labels).values()), dtype=np.float64)
    if not len(sizes):
        return 0.0
    shares = sizes / sizes.sum()
    return abs(float((shares * np.log(shares)).sum()))
