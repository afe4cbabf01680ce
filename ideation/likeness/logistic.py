"""Logistic regression with a ridge and weights that are not negative, by Newton's method.

Every signal points the same way, so a negative weight could only be an accident of the labelled pairs: it
would call two texts less alike for sharing more. Signals that ask for one are left out, one at a time.
Source: Hosmer and Lemeshow, Applied Logistic Regression (2000) §1.3 for the fit; Lawson and Hanson (1974)
for solving under bounds by a set of active columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS, _CLOSE = 100, 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """The logit of a row x is `bias + x @ weights`, in the signals' own units; weights have shape (k,)."""

    weights: Floats
    bias: float

    def logits(self, rows: Floats) -> Floats:
        """Shape (n,) of rows (n, k)."""
        found: Floats = rows @ self.weights + self.bias
        return found


def fit(rows: Floats, labels: NDArray[np.bool_], *, ridge: float) -> Logistic:
    """Fit on rows (n, k) and labels (n,). `ridge` penalises squared weights of standardised columns.

    Raises:
        ValueError: no row, shapes that do not fit, or labels of one class.
    """
    if rows.ndim != 2 or labels.shape != (len(rows),) or len(rows) == 0:
        raise ValueError(f"rows of shape {rows.shape} do not fit labels of shape {labels.shape}")
    if labels.all() or not labels.any():
        raise ValueError("a fit needs labels of both classes")
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    free = spread > 1e-12
    scaled = (rows - centre) / np.where(free, spread, 1.0)
    target = labels.astype(np.float64)
    found = np.zeros(rows.shape[1] + 1)
    while True:
        columns = np.append(np.flatnonzero(free), rows.shape[1])
        found[:] = 0.0
        found[columns] = _newton(np.column_stack([scaled[:, free], np.ones(len(rows))]), target, ridge)
        least = int(np.argmin(found[:-1])) if rows.shape[1] else 0
        if not free.any() or found[least] >= 0.0:
            break
        free = free.copy()
        free[least] = False
    weights = found[:-1] / np.where(spread > 1e-12, spread, 1.0)
    return Logistic(weights=weights, bias=float(found[-1] - centre @ weights))


def probability(logits: Floats) -> Floats:
    found: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits, -60.0, 60.0)))
    return found


def _newton(design: Floats, target: Floats, ridge: float) -> Floats:
    """The last column is the bias and bears (almost) no penalty."""
    point = np.zeros(design.shape[1])
    penalty = np.full(design.shape[1], ridge)
    penalty[-1] = 1e-6
    for _ in range(_STEPS):
        chance = probability(design @ point)
        slope = design.T @ (target - chance) - penalty * point
        curve = (design * (chance * (1.0 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        # The ridge makes the optimum finite; a bounded step keeps Newton from leaping past it.
        point = point + step * min(1.0, 5.0 / max(1e-12, float(np.abs(step).max())))
        if float(np.abs(step).max()) < _CLOSE:
            break
    return point
