"""Thresholds from labelled pairs: the curve, and the lowest score that meets a target.

Precision depends on how common duplicates are. The labelled pairs have their own share, a pool of ideas
another, so the curve can be told for any `base_rate`: p = b r / (b r + (1 - b) f), with r the recall and f
the share of different pairs called same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]

LEAST_CALLED = 20
"""A precision of fewer called pairs is luck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Calling pairs from `threshold` up the same: the share that is right, and the share found."""

    threshold: float
    precision: float
    recall: float
    called: int


def curve(scores: Floats, labels: Labels, *, base_rate: float | None = None) -> tuple[Point, ...]:
    """One point for each distinct score, from the lowest; arrays of shape (n,).

    Raises:
        UserError: no labelled pair of one of the classes, a score that is no number, or a base rate outside
            (0, 1).
    """
    same = int(labels.sum())
    if same in (0, len(labels)):
        raise UserError("a threshold needs labelled pairs of both kinds, same and different")
    if not np.isfinite(scores).all():
        raise UserError("a threshold needs scores that are numbers")
    if base_rate is not None and not 0.0 < base_rate < 1.0:
        raise UserError(f"the base rate of duplicates must lie between 0 and 1, not at {base_rate}")
    rate = same / len(labels) if base_rate is None else base_rate
    values, first = np.unique(np.sort(scores), return_index=True)
    hits = np.sort(scores[labels])
    found = len(hits) - np.searchsorted(hits, values)
    called = len(scores) - first
    recall, alarms = found / same, (called - found) / (len(labels) - same)
    precision = rate * recall / (rate * recall + (1.0 - rate) * alarms)
    return tuple(
        Point(threshold=float(t), precision=float(p), recall=float(r), called=int(c))
        for t, p, r, c in zip(values, precision, recall, called, strict=True)
    )


def for_precision(points: Sequence[Point], target: float, *, least: int = LEAST_CALLED) -> Point | None:
    """The lowest threshold from which the precision holds `target` at every higher one that calls `least`
    pairs or more; None where there is none, so that nothing is merged.
    """
    found = None
    for point in sorted(points, key=lambda point: -point.threshold):
        if point.called < least:
            continue
        if point.precision < target:
            break
        found = point
    return found


def for_recall(points: Sequence[Point], target: float) -> Point:
    """The highest threshold that still finds `target` of the same pairs."""
    return max((point for point in points if point.recall >= target), key=lambda point: point.threshold)


def curve_table(points: Sequence[Point], rows: int = 12) -> str:
    """The curve as text: `rows` lines at even steps of recall, the thresholds rising."""
    picked = {for_recall(points, recall) for recall in np.linspace(1.0, 0.05, rows)}
    lines = [f"{'threshold':>9}  {'precision':>9}  {'recall':>6}  {'called':>6}"]
    for point in sorted(picked, key=lambda point: point.threshold):
        lines.append(
            f"{point.threshold:>9.3f}  {point.precision:>9.3f}  {point.recall:>6.3f}  {point.called:>6d}"
        )
    return "\n".join(lines)
