"""What became of ideas when somebody carried them out, beside what was thought of them before.

Scores of proposals foretell outcomes badly (arXiv 2506.20803 found ranks of ideas to change when they were
executed), so what a run said is only worth what this says of it.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.jsonl import numbered_lines
from ideation.evaluation.resampling import RESAMPLES, Estimate, bootstrap

Floats = NDArray[np.float64]
Values = Mapping[str, Mapping[str, float]]
"""By field, then by idea."""

ID = "id"
LEAST = 3
"""Ideas with both values from which a correlation says anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesRead:
    """`values` by field and idea; a line for each bad record or cell; the rest is kept."""

    values: dict[str, dict[str, float]]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeAfter:
    """Spearman's rank correlation of one value before and one after, in [-1, 1], over the ideas with both.

    `rho.value` is None below `LEAST` ideas, or where all have one value.
    """

    before: str
    after: str
    rho: Estimate


def read_outcomes(text: str, known: Sequence[str]) -> OutcomesRead:
    """A JSON list, JSON lines, or CSV with a column `id`; every other field is a number or empty.

    Raises:
        UserError: nothing in it can be read.
    """
    values: dict[str, dict[str, float]] = {}
    problems: list[str] = []
    ideas = frozenset(known)
    for number, record in _records(text):
        if not isinstance(record, Mapping) or not isinstance(record.get(ID), str):
            problems.append(f"record {number}: no object with an id")
        elif record[ID] not in ideas:
            problems.append(f"record {number}: the run has no idea {record[ID]!r}")
        else:
            for field, cell in record.items():
                if field == ID or cell is None or cell == "":
                    continue
                value = _number(cell)
                if value is None:
                    problems.append(f"record {number}: {field} is {str(cell)[:40]!r}, no number")
                else:
                    values.setdefault(str(field), {})[record[ID]] = value
    if not values:
        raise UserError(f"no outcome can be read: {problems[0] if problems else 'the file is empty'}")
    return OutcomesRead(values=values, problems=tuple(problems))


def before_after(
    before: Values, after: Values, *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[BeforeAfter, ...]:
    """Every value before with every value after, in their order."""
    return tuple(
        BeforeAfter(before=one, after=other, rho=_rho(before[one], after[other], seed, resamples))
        for one in before
        for other in after
    )


def spearman(one: Floats, other: Floats) -> float:
    """Rank correlation of two values (n,), ties at their mean rank; NaN where one of them never varies."""
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return math.nan
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _rho(one: Mapping[str, float], other: Mapping[str, float], seed: int, resamples: int) -> Estimate:
    both = sorted(one.keys() & other.keys())
    if len(both) < LEAST:
        return Estimate(value=None, interval=None, n=len(both))
    first, second = (np.array([values[key] for key in both]) for values in (one, other))
    return bootstrap(
        lambda drawn: spearman(first[drawn], second[drawn]), len(both), seed=seed, resamples=resamples
    )


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Floats = (ends - (counts - 1) / 2)[place]
    return means


def _records(text: str) -> list[tuple[int, object]]:
    plain = text.removeprefix("\ufeff").strip()
    if not plain.startswith(("{", "[")):
        return list(enumerate(csv.DictReader(io.StringIO(plain)), 1))
    try:
        whole = json.loads(plain)
        found = whole if isinstance(whole, list) else whole.get("ideas", [whole])
        return list(enumerate(found if isinstance(found, list) else [], 1))
    except json.JSONDecodeError:
        return [(number, _line(line)) for number, line in numbered_lines(plain)]


def _line(line: str) -> object:
    try:
        found: object = json.loads(line)
    except json.JSONDecodeError:
        return None
    return found


def _number(cell: object) -> float | None:
    if isinstance(cell, bool):
        return float(cell)
    try:
        value = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
