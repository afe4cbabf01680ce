"""Scores of groups that the fit has not seen: cross-validation that splits by group, never by pair."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ideation.evaluation.resampling import Numbers
from ideation.likeness.logistic import fit

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]
Scorer = Callable[[Floats], Floats]
Fitter = Callable[[Floats, Labels, Numbers], Scorer]
"""From rows (n, k), labels (n,) and groups (n,) to what scores other rows."""


def folds_of(groups: Numbers, folds: int, seed: int) -> Numbers:
    """The fold of each row, shape (n,); all rows of a group have one, sizes differ by one group at most."""
    names, place = np.unique(groups, return_inverse=True)
    of_group = np.empty(len(names), dtype=np.int64)
    of_group[np.random.default_rng(seed).permutation(len(names))] = np.arange(len(names)) % folds
    return of_group[place]


def held_out_scores(
    rows: Floats, labels: Labels, groups: Numbers, fitter: Fitter, *, folds: int = 10, seed: int = 0
) -> Floats:
    """Each row's score by the fit to the other folds, shape (n,)."""
    fold = folds_of(groups, folds, seed)
    scores = np.empty(len(rows))
    for each in range(folds):
        inside = fold == each
        if inside.any():
            scorer = fitter(rows[~inside], labels[~inside], groups[~inside])
            scores[inside] = scorer(rows[inside])
    return scores


def ridge_fitter(ridge: float, columns: tuple[int, ...]) -> Fitter:
    """The shipped model's fit on some of the columns."""

    def fitter(rows: Floats, labels: Labels, groups: Numbers) -> Scorer:
        fitted = fit(rows[:, columns], labels, ridge=ridge)
        return lambda others: fitted.logits(others[:, columns])

    return fitter
