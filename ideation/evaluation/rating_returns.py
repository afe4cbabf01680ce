"""Sheets that came back: read line by line, unblinded with the key, and what they are worth."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import UserError
from ideation.evaluation.rating_kit import LABEL, UNABLE, Axis, Key
from ideation.evaluation.reliability import Metric, Reliability, reliability
from ideation.evaluation.resampling import RESAMPLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """`value` is None where the rater could not tell."""

    rater: str
    idea: str
    axis: str
    value: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Good answers of one rater, one line for each bad one, and how many questions were left empty."""

    ratings: tuple[Rating, ...]
    problems: tuple[str, ...]
    empty: int


def read_key(text: str) -> Key:
    """The key that `key_csv` wrote.

    Raises:
        UserError: it is no key.
    """
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or rows[0] != ["rater", LABEL, "idea"] or any(len(row) != 3 for row in rows[1:]):
        raise UserError("this is no rating key: its columns are rater, label, idea")
    return Key(rows=tuple((rater, label, idea) for rater, label, idea in rows[1:]))


def read_return(text: str, *, rater: str, key: Key, axes: Sequence[Axis]) -> Returned:
    """One rater's CSV. Bad cells are told by line and the good ones kept; further columns are ignored.

    Raises:
        UserError: the rater is not in the key, or a column is missing.
    """
    ideas = {label: idea for name, label, idea in key.rows if name == rater}
    if not ideas:
        raise UserError(f"the key knows no rater {rater!r}")
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = {LABEL, *(axis.name for axis in axes)} - set(rows.fieldnames or ())
    if missing:
        raise UserError(f"the sheet of {rater} lacks the columns {', '.join(sorted(missing))}")
    ratings: list[Rating] = []
    problems: list[str] = []
    seen: set[str] = set()
    empty = 0
    for row in rows:
        where = f"{rater}, line {rows.line_num}"
        label = _label(row[LABEL] or "", ideas)
        if label is None or label in seen:
            problems.append(f"{where}: the label {row[LABEL]!r} is {'there twice' if label else 'unknown'}")
            continue
        seen.add(label)
        for axis in axes:
            cell = (row[axis.name] or "").strip()
            value = _value(cell, axis)
            if cell in ("", UNABLE):
                empty += cell == ""
            elif value is None:
                problems.append(f"{where}: {axis.name} is {cell!r}, not {axis.low} to {axis.high}")
            if value is not None or cell == UNABLE:
                ratings.append(Rating(rater=rater, idea=ideas[label], axis=axis.name, value=value))
    empty += (len(ideas) - len(seen)) * len(axes)
    return Returned(ratings=tuple(ratings), problems=tuple(problems), empty=empty)


def axis_reliability(
    ratings: Sequence[Rating],
    *,
    wanted: float = 0.7,
    metric: Metric = Metric.INTERVAL,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Mapping[str, Reliability]:
    """ICC, alpha and the raters needed, by axis. A rater who could not tell counts as no rating."""
    by_axis: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for rating in ratings:
        if rating.value is not None:
            by_axis[rating.axis][rating.idea].append(float(rating.value))
    return {
        axis: reliability(ideas, wanted=wanted, metric=metric, seed=seed, resamples=resamples)
        for axis, ideas in sorted(by_axis.items())
    }


def _label(cell: str, ideas: Mapping[str, str]) -> str | None:
    """Spreadsheets cut leading zeros: 7 is taken for 07."""
    label = cell.strip().removeprefix("'")
    if label in ideas:
        return label
    width = len(next(iter(ideas)))
    return label.zfill(width) if label.zfill(width) in ideas else None


def _value(cell: str, axis: Axis) -> int | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return int(number) if number.is_integer() and axis.low <= number <= axis.high else None
