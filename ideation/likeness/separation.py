"""How well a score tells same from different: area under the ROC curve, over all pairs and within groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ideation.evaluation.resampling import RESAMPLES, Estimate, Numbers, bootstrap, bootstrap_mean

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """`pooled` ranks all pairs together; `within` is the mean over groups that hold both classes."""

    pooled: Estimate
    within: Estimate


def auc(scores: Floats, labels: Labels) -> float:
    """Chance that a same pair scores above a different one, ties half (Hanley and McNeil, 1982).

    NaN where one class is missing. Both arrays have shape (n,).
    """
    same = int(labels.sum())
    other = len(labels) - same
    if same == 0 or other == 0:
        return float("nan")
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2.0)[place]
    return float((rank[labels].sum() - same * (same + 1) / 2.0) / (same * other))


def separation(
    scores: Floats, labels: Labels, groups: Numbers, *, seed: int = 0, resamples: int = RESAMPLES
) -> Separation:
    """Both areas with intervals from drawing whole groups; all arrays have shape (n,)."""
    members = [np.flatnonzero(groups == each) for each in np.unique(groups)]

    def pooled(drawn: Numbers) -> float:
        rows = np.concatenate([members[at] for at in drawn])
        return auc(scores[rows], labels[rows])

    return Separation(
        pooled=bootstrap(pooled, len(members), seed=seed, resamples=resamples),
        within=bootstrap_mean(_inside(scores, labels, members), seed=seed, resamples=resamples),
    )


def gain(
    scores: Floats,
    baseline: Floats,
    labels: Labels,
    groups: Numbers,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Separation:
    """Both areas of `scores` less those of `baseline`, on the same draws of groups."""
    members = [np.flatnonzero(groups == each) for each in np.unique(groups)]

    def pooled(drawn: Numbers) -> float:
        rows = np.concatenate([members[at] for at in drawn])
        return auc(scores[rows], labels[rows]) - auc(baseline[rows], labels[rows])

    inside = _inside(scores, labels, members) - _inside(baseline, labels, members)
    return Separation(
        pooled=bootstrap(pooled, len(members), seed=seed, resamples=resamples),
        within=bootstrap_mean(inside, seed=seed, resamples=resamples),
    )


def _inside(scores: Floats, labels: Labels, members: list[NDArray[np.intp]]) -> Floats:
    areas = np.array([auc(scores[rows], labels[rows]) for rows in members])
    found: Floats = areas[np.isfinite(areas)]
    return found
