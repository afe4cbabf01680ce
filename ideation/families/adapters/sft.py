"""Pairs for supervised tuning: background -> idea, and Bit -> Flip -> Spark, as chat lines.

Bit, Flip and Spark are those of HypoGen (arXiv 2504.12976): the assumption that work takes for granted, what
turning it over makes possible, and the core in at most six words. There the Bit stands in the question; here
it stands in the answer, because that is how the pipeline asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.adapters import SftExample, Value
from ideation.families.adapters.candidates import Candidate, Export, LeftOut
from ideation.families.adapters.leakage import LeakageGuard
from ideation.families.adapters.turns import answered, asked, spark
from ideation.muse import Shape


class Form(StrEnum):
    IDEA = "idea"
    BIT_FLIP_SPARK = "bit_flip_spark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which ideas are wanted. An idea without a tier passes only where `worst_tier` is None; the days count
    themselves in.
    """

    worst_tier: int | None = None
    since: date | None = None
    until: date | None = None

    def fault(self, candidate: Candidate) -> str | None:
        if self.worst_tier is not None and (candidate.tier is None or candidate.tier > self.worst_tier):
            return f"its tier is {candidate.tier or 'unknown'}, not {self.worst_tier} or better"
        if self.since is not None and candidate.made < self.since:
            return f"it was made on {candidate.made}, before {self.since}"
        if self.until is not None and candidate.made > self.until:
            return f"it was made on {candidate.made}, after {self.until}"
        return None


def export_sft(
    candidates: Sequence[Candidate],
    *,
    guard: LeakageGuard,
    form: Form = Form.IDEA,
    wanted: Filter | None = None,
) -> Export:
    """One example an idea, in order; what is left out is told with its reason.

    Raises:
        UserError: an example would leak all the same (the guard's last look).
    """
    wanted = wanted or Filter()
    examples: list[SftExample] = []
    left_out: list[LeftOut] = []
    for candidate in candidates:
        fault = wanted.fault(candidate) or _form_fault(candidate, form) or guard.fault(candidate)
        if fault:
            left_out.append(LeftOut(idea=candidate.idea.id, reason=fault))
        else:
            examples.append(_example(candidate, form))
    guard.check(examples)
    return Export(examples=tuple(examples), left_out=tuple(left_out))


def _form_fault(candidate: Candidate, form: Form) -> str | None:
    text = candidate.idea.text
    if form is Form.BIT_FLIP_SPARK and not (text.dropped.strip() and text.consequence.strip()):
        return "it names no assumption that it drops, or nothing that follows"
    return None


def _example(candidate: Candidate, form: Form) -> SftExample:
    text = candidate.idea.text
    about: dict[str, Value] = {
        "form": form.value,
        "idea": candidate.idea.id,
        "topic": candidate.topic,
        "made": candidate.made.isoformat(),
        "family": candidate.idea.family.value,
        "lever": candidate.idea.origin.lever,
    }
    if candidate.tier is not None:
        about["tier"] = candidate.tier
    if form is Form.IDEA:
        return SftExample(messages=(*asked(candidate), *answered(candidate)), about=about)
    about |= {"bit": text.dropped, "flip": text.consequence, "spark": spark(text)}
    turns = (*asked(candidate, Shape.BIT_FLIP), *answered(candidate, thoughts=spark(text)))
    return SftExample(messages=turns, about=about)
