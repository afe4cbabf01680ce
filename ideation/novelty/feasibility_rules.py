"""What a rule can see of what an idea needs: the data, computing, time, people and access that it names.

A rule answers only where the text says so in numbers or plain words. Everything else is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ideation.idea import IdeaText


class Need(StrEnum):
    """What a project may lack."""

    DATA = "data"
    COMPUTE = "compute"
    TIME = "time"
    PEOPLE = "people"
    """People or animals as subjects, and the leave to work with them."""
    ACCESS = "access"
    """Instruments, places or the inside of somebody else's system."""


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What there is to work with. `data` are names of data sets at hand; `subjects` whether people or animals
    may take part; `access` names of instruments and systems at hand.
    """

    months: float = 2.0
    accelerator_hours: float = 200.0
    data: tuple[str, ...] = ()
    subjects: bool = False
    access: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A rule's answer, why, and the places of the text that name a need."""

    answer: Answer
    reason: str
    needed: tuple[str, ...] = ()


_MONTHS = {"day": 1 / 30, "week": 7 / 30, "month": 1.0, "year": 12.0}
_TIME = re.compile(r"\b(\d+(?:\.\d+)?)[\s-]*(day|week|month|year)s?\b(?![\s-]*(?:old|ago|of age))", re.I)
_LASTING = re.compile(
    r"\b(?:takes?|lasts?|runs? for|over|within|needs?|requires?|follow(?:ed|-up)?|for|after|study|trial)\b",
    re.I,
)
_HOURS = {"hour": 1.0, "day": 24.0, "week": 168.0, "month": 730.0, "year": 8766.0}
_COMPUTE = re.compile(
    r"\b(\d[\d,]*(?:\.\d+)?)\s*(?:gpu|tpu|accelerator|node|core|cpu)[\s-]*(hour|day|week|month|year)s?\b",
    re.I,
)
_HEAVY = re.compile(
    r"\b(?:supercomputer|exascale|\d{2,}\s*(?:gpus|tpus|accelerators|nodes)"
    r"|pre-?train(?:ing)? from scratch)\b",
    re.I,
)
_LIGHT = re.compile(r"\b(?:on a laptop|single (?:gpu|cpu|machine)|no computing|by hand)\b", re.I)
_NO_DATA = re.compile(
    r"\b(?:no (?:such )?data ?(?:sets?)? (?:exists?|is available)|proprietary data|data (?:must|have|has"
    r"|needs?) (?:first )?(?:to )?be collected|not yet (?:been )?collected)\b",
    re.I,
)
_OPEN_DATA = re.compile(
    r"\b(?:public(?:ly available)?|open(?:ly available)?|existing|simulated|synthetic) (?:data|corpus|corpora"
    r"|benchmarks?|data ?sets?|records|recordings|archives?)\b",
    re.I,
)
_SUBJECTS = re.compile(
    r"\b(?:patients?|human subjects?|participants|volunteers|clinical trials?|children|mice|rats|animals"
    r"|in vivo)\b",
    re.I,
)
_ACCESS = re.compile(
    r"\b(?:synchrotron|beam ?line|particle accelerator|satellite|spacecraft|telescope|cryo-?em|clean ?room"
    r"|white-?box|weights of (?:the )?closed|proprietary (?:model|system|software)|inside of a closed)\b",
    re.I,
)


def see(need: Need, text: IdeaText, means: Means) -> Seen:
    """What the text says of a need."""
    return _RULES[need](text.whole, means)


def _found(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.group().strip() for match in pattern.finditer(text)))


def _unknown(what: str, needed: tuple[str, ...] = ()) -> Seen:
    return Seen(answer=Answer.UNKNOWN, reason=f"the text does not say {what}", needed=needed)


def _data(text: str, means: Means) -> Seen:
    if lacking := _found(_NO_DATA, text):
        return Seen(answer=Answer.NO, reason=f"it says itself: {lacking[0]}", needed=lacking)
    at_hand = tuple(name for name in means.data if name.casefold() in text.casefold())
    if at_hand or (open_ := _found(_OPEN_DATA, text)):
        named = at_hand or open_
        return Seen(answer=Answer.YES, reason=f"it uses {', '.join(named)}", needed=named)
    return _unknown("which data it needs and whether they exist")


def _compute(text: str, means: Means) -> Seen:
    spans = [
        (float(match[1].replace(",", "")) * _HOURS[match[2].casefold()], match.group())
        for match in _COMPUTE.finditer(text)
    ]
    if spans:
        hours, words = max(spans)
        enough = hours <= means.accelerator_hours
        return Seen(
            answer=Answer.YES if enough else Answer.NO,
            reason=f"{words} against {means.accelerator_hours:g} hours at hand",
            needed=tuple(each for _, each in spans),
        )
    if heavy := _found(_HEAVY, text):
        return Seen(answer=Answer.NO, reason=f"it needs {heavy[0]}", needed=heavy)
    if light := _found(_LIGHT, text):
        return Seen(answer=Answer.YES, reason=f"it says: {light[0]}", needed=light)
    return _unknown("how much computing it needs")


def _durations(text: str) -> Iterator[tuple[float, str]]:
    """Only spans that a word before them makes a duration: a two-year-old child takes no two years."""
    for match in _TIME.finditer(text):
        if _LASTING.search(text[max(0, match.start() - 30) : match.start()]):
            yield float(match[1]) * _MONTHS[match[2].casefold()], match.group()


def _time(text: str, means: Means) -> Seen:
    spans = sorted(_durations(text))
    if not spans:
        return _unknown("how long it takes")
    months, words = spans[-1]
    needed = tuple(each for _, each in spans)
    if months > means.months:
        return Seen(answer=Answer.NO, reason=f"{words} is longer than {means.months:g} months", needed=needed)
    return _unknown(f"how long it takes in all, beside {words}", needed)


def _people(text: str, means: Means) -> Seen:
    subjects = _found(_SUBJECTS, text)
    if not subjects:
        return _unknown("whether people or animals take part")
    if means.subjects:
        return Seen(answer=Answer.YES, reason=f"{subjects[0]} may take part", needed=subjects)
    return _unknown(f"how leave is had to work with {subjects[0]}", subjects)


def _access(text: str, means: Means) -> Seen:
    asked = _found(_ACCESS, text)
    if not asked:
        return _unknown("which instruments or systems it needs")
    lacking = [each for each in asked if each.casefold() not in {name.casefold() for name in means.access}]
    if lacking:
        return Seen(answer=Answer.NO, reason=f"{lacking[0]} is not at hand", needed=asked)
    return Seen(answer=Answer.YES, reason=f"{', '.join(asked)} at hand", needed=asked)


_RULES = {
    Need.DATA: _data,
    Need.COMPUTE: _compute,
    Need.TIME: _time,
    Need.PEOPLE: _people,
    Need.ACCESS: _access,
}
