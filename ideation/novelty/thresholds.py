"""What a cosine means: thresholds for each embedder and aspect, from labelled pairs.

An idea is compared with its nearest papers, so the thresholds are set on nearest papers too. `exists` is
where at most `false_alarms` of the ideas still have a paper that does not hold them; `partial` is under what
at most `missed` of the ideas have all papers that hold a part of them. Neither depends on how common known
ideas are. The shipped table is of 51 hypotheses of chemistry (MOOSE-Chem): another field deserves its own.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from core.embedder import Embedder
from core.errors import UserError
from ideation.novelty.ledger import Aspect, Verdict

FALSE_ALARMS = 0.05
MISSED = 0.10
LEAST_GROUPS = 20
"""Ideas of each kind under which a share of 5 % says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPair:
    """An aspect of an idea, a paper, and whether the paper holds it. `group` is the idea's."""

    group: str
    text: str
    paper: str
    label: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A labelled pair with its similarity."""

    group: str
    label: Verdict
    similarity: float


class Threshold(BaseModel):
    """From `exists` up a paper may hold an aspect, under `partial` it has nothing to do with it.

    `found` is the share of known ideas that reach `exists`; `ideas` how many were labelled.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    exists: float = Field(ge=-1.0, le=1.0)
    partial: float = Field(ge=-1.0, le=1.0)
    found: float = Field(ge=0.0, le=1.0)
    ideas: int = Field(ge=1)

    def verdict(self, similarity: float) -> Verdict:
        """A candidate, by similarity alone."""
        if similarity >= self.exists:
            return Verdict.EXISTS
        return Verdict.PARTIAL if similarity >= self.partial else Verdict.NOT_FOUND


Table = Mapping[str, Mapping[Aspect, Threshold]]
"""By the embedder's id."""


@cache
def shipped() -> Table:
    """The thresholds that come with the product."""
    text = (files("ideation.novelty") / "thresholds.json").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, dict[Aspect, Threshold]]).validate_python(json.loads(text))


def threshold_for(embedder: str, aspect: Aspect, table: Table | None = None) -> Threshold | None:
    """None for an embedder that nobody calibrated: a number of another one would mean nothing."""
    return (shipped() if table is None else table).get(embedder, {}).get(aspect)


def score(pairs: Sequence[LabelledPair], embedder: Embedder) -> tuple[Scored, ...]:
    """Raises:
    ProviderError: the embedder failed.
    """
    texts = sorted({text for pair in pairs for text in (pair.text, pair.paper)})
    vectors = dict(zip(texts, embedder.embed(texts), strict=True))
    return tuple(
        Scored(
            group=pair.group,
            label=pair.label,
            similarity=round(float(vectors[pair.text] @ vectors[pair.paper]), 6),
        )
        for pair in pairs
    )


def calibrate(
    scored: Iterable[Scored], *, false_alarms: float = FALSE_ALARMS, missed: float = MISSED
) -> Threshold:
    """Thresholds from labelled pairs; those labelled unknown count for nothing.

    Raises:
        UserError: too few ideas with a label of a kind, or shares outside [0, 1).
    """
    if not (0.0 <= false_alarms < 1.0 and 0.0 <= missed < 1.0):
        raise UserError("shares of false alarms and misses lie between 0 and 1")
    best: defaultdict[Verdict, dict[str, float]] = defaultdict(dict)
    for each in scored:
        of_kind = best[each.label]
        of_kind[each.group] = max(each.similarity, of_kind.get(each.group, -1.0))
    held, part, other = (best[kind] for kind in (Verdict.EXISTS, Verdict.PARTIAL, Verdict.NOT_FOUND))
    if min(len(held), len(part), len(other)) < LEAST_GROUPS:
        raise UserError(
            f"a calibration needs {LEAST_GROUPS} ideas each with a paper that holds it, one that holds a part"
            f" and one that holds nothing; there are {len(held)}, {len(part)} and {len(other)}"
        )
    alarms = np.sort([max(part.get(group, -1.0), value) for group, value in other.items()])
    exists = _above(alarms, false_alarms)
    partial = min(_below(np.sort(list(part.values())), missed), exists)
    found = float(np.mean([value >= exists for value in held.values()]))
    return Threshold(
        exists=round(exists, 4), partial=round(partial, 4), found=round(found, 4), ideas=len(held)
    )


def _above(values: np.ndarray[tuple[int], np.dtype[np.float64]], share: float) -> float:
    """The lowest number that at most `share` of the sorted values reach."""
    allowed = int(share * len(values))
    return min(1.0, float(values[len(values) - allowed - 1]) + 1e-4)


def _below(values: np.ndarray[tuple[int], np.dtype[np.float64]], share: float) -> float:
    """The highest number under which at most `share` of the sorted values lie."""
    return float(values[int(share * len(values))])
