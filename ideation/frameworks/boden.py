"""Boden's three levels of creativity, each claimed with evidence or not at all.

Combinatorial: two sources or more, each with words of its own in the idea. Exploratory: a cell or constraint
of the space that the text keeps to. Transformational: a named assumption that is dropped, which the
literature holds, and a consequence that needs it gone. What lacks its evidence gets the next lower level
that has some.
Source: Boden, The Creative Mind (2004); operational reading after the survey arXiv 2511.07448.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import AtlasError, LimitReached
from ideation.arm import Library
from ideation.corpus.identity import PaperId
from ideation.idea import Idea, IdeaId, IdeaText
from ideation.muse import Muse, ReviewRequest, Source
from ideation.muses.offline import NAME as OFFLINE
from ideation.muses.phrases import phrases
from ideation.wordings import criterion

_HITS = 5
_FEWEST_WORDS = 4
_HELD_SHARE = 0.5
"""Of an assumption's phrases, how many a paper must have for a rule to say that it speaks of it; with a judge
one will do, because the judge reads on."""
_FOLLOWS = 4
"""The grade from which a judge holds that the consequence follows and was not to be had before."""
_DENIAL = re.compile(r"^\s*(?:without|not?|never|avoid|forbidden:?|denied:?)\s+(?:using\s+)?", re.I)
_AXIS = re.compile(r"^\s*[\w -]{1,30}:\s+")


class Level(StrEnum):
    NONE = "none"
    COMBINATORIAL = "combinatorial"
    EXPLORATORY = "exploratory"
    TRANSFORMATIONAL = "transformational"


LEVELS = (Level.COMBINATORIAL, Level.EXPLORATORY, Level.TRANSFORMATIONAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for a level: `what` in words, with the paper or idea that it comes from, if any."""

    level: Level
    what: str
    paper: PaperId | None = None
    parent: IdeaId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """`evidence` holds that of the level and of all lower ones; `missing` says what higher ones lack.

    `by` is the judge that held the consequence to follow, "rules" where only rules looked.

    Raises:
        ValueError: a level without evidence of its own.
    """

    level: Level
    evidence: tuple[Evidence, ...]
    missing: Mapping[Level, str] = field(default_factory=dict)
    by: str = "rules"

    def __post_init__(self) -> None:
        if self.level is not Level.NONE and self.level not in {each.level for each in self.evidence}:
            raise ValueError(f"{self.level} is claimed without evidence")


async def tag(
    idea: Idea,
    library: Library,
    *,
    topic: str = "",
    known: Mapping[IdeaId, Idea] | None = None,
    judge: Muse | None = None,
    seed: int = 0,
) -> Tag:
    """The highest level with evidence. `known` are the ideas among which its parents are.

    A judge that can read must also hold that the consequence follows; where its call fails the level is not
    given.
    """
    evidence: list[Evidence] = []
    missing: dict[Level, str] = {}
    combined = [*_combined(idea, library, known or {})]
    if len(combined) >= 2:
        evidence += combined
    else:
        missing[Level.COMBINATORIAL] = f"{len(combined)} of two sources show in its words"
    explored = [*_explored(idea)]
    evidence += explored
    if not explored:
        missing[Level.EXPLORATORY] = (
            "its words do not keep to its constraints" if idea.origin.constraints else "it has no constraint"
        )
    changed, lack, by = await _transformed(idea, library, topic, judge, seed)
    evidence += changed
    if lack:
        missing[Level.TRANSFORMATIONAL] = lack
    reached = {each.level for each in evidence}
    level = next((each for each in reversed(LEVELS) if each in reached), Level.NONE)
    return Tag(level=level, evidence=tuple(evidence), missing=missing, by=by)


def _combined(idea: Idea, library: Library, known: Mapping[IdeaId, Idea]) -> Iterator[Evidence]:
    """One line a source: a phrase of it that the idea uses and that no earlier line has."""
    words = idea.text.whole.casefold()
    used: set[str] = set()

    def shared(text: str) -> str | None:
        for phrase in phrases(text):
            plain = phrase.casefold()
            if plain not in used and " " in plain and _has(words, plain):
                return phrase
        return None

    for paper in idea.origin.papers:
        source = library.get(paper)
        if source is not None and (phrase := shared(f"{source.title}. {source.abstract}")):
            used.add(phrase.casefold())
            yield Evidence(level=Level.COMBINATORIAL, what=f"takes “{phrase}” from it", paper=paper)
    for name in idea.parents:
        parent = known.get(name)
        if parent is not None and len(idea.parents) > 1 and (phrase := shared(parent.text.whole)):
            used.add(phrase.casefold())
            yield Evidence(level=Level.COMBINATORIAL, what=f"takes “{phrase}” from it", parent=name)


def _explored(idea: Idea) -> Iterator[Evidence]:
    """The constraints that the text keeps to: all denials, and half of its cell or demands at least."""
    words = idea.text.whole.casefold()
    constraints = idea.origin.constraints
    kept = [each for each in constraints if _keeps_to(words, each)]
    denials = [each for each in constraints if _DENIAL.match(each)]
    asked = len(constraints) - len(denials)
    met = sum(each not in denials for each in kept)
    if set(denials) <= set(kept) and 2 * met >= asked:
        for each in kept:
            yield Evidence(level=Level.EXPLORATORY, what=f"keeps to “{each.strip()}”")


def _keeps_to(words: str, constraint: str) -> bool:
    """A denial is kept where the words are absent, a demand where most of its phrases are there; of a cell's
    `axis: value` the value counts.
    """
    denied = _DENIAL.match(constraint)
    asked = constraint[denied.end() :] if denied else _AXIS.sub("", constraint)
    told = [phrase.casefold() for phrase in phrases(asked)]
    if not told:
        return False
    there = sum(_has(words, phrase) for phrase in told)
    return there == 0 if denied else 2 * there > len(told)


def _has(text: str, phrase: str) -> bool:
    """As whole words, both in lower case."""
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


async def _transformed(
    idea: Idea, library: Library, topic: str, judge: Muse | None, seed: int
) -> tuple[list[Evidence], str, str]:
    """Evidence, or what lacks, and who looked."""
    text = idea.text
    if len(text.dropped.split()) < _FEWEST_WORDS:
        return [], "it names no assumption that it drops", "rules"
    if len(text.consequence.split()) < _FEWEST_WORDS:
        return [], "it names no consequence of dropping it", "rules"
    if text.consequence.casefold().strip() == text.dropped.casefold().strip():
        return [], "the consequence says the assumption again", "rules"
    reader = None if judge is None or judge.name == OFFLINE else judge
    if reader is None and idea.origin.model == OFFLINE:
        return [], "its assumption is a formula of the offline muse, and no judge read it", "rules"
    try:
        held = _held(text.dropped, library, share=0.0 if reader else _HELD_SHARE)
    except (AtlasError, OSError) as error:
        return [], f"the literature could not be searched for the assumption: {error}", "rules"
    if held is None:
        return [], "no paper of the library holds the assumption", "rules"
    source, phrase = held
    by = reader.name if reader else "rules"
    if reader and (lack := await _doubt(text, source, topic, reader, seed)):
        return [], lack, by
    found = [
        Evidence(
            level=Level.TRANSFORMATIONAL,
            what=f"drops “{text.dropped.strip()}”, of which the paper says “{phrase}”",
            paper=source.paper,
        ),
        Evidence(level=Level.TRANSFORMATIONAL, what=f"only then: {text.consequence.strip()}"),
    ]
    return found, "", by


def _held(assumption: str, library: Library, share: float) -> tuple[Source, str] | None:
    """The first paper found that has more than none, and at least `share`, of the assumption's phrases; with
    those it has.
    """
    told = phrases(assumption)
    for source in library.search(assumption, _HITS):
        text = f"{source.title} {source.abstract}".casefold()
        there = [each for each in told if _has(text, each.casefold())]
        if there and len(there) >= share * len(told):
            return source, ", ".join(there)
    return None


async def _doubt(text: IdeaText, source: Source, topic: str, judge: Muse, seed: int) -> str:
    """Why the judge does not grant the level; empty where it does."""
    request = ReviewRequest(
        topic=topic,
        idea=text,
        criterion=criterion("check: rule broken"),
        sources=(source,),
        seed=seed,
    )
    try:
        grade = await judge.grade(request)
    except (AtlasError, LimitReached) as error:
        return f"the judge could not be asked: {error}"
    if grade.score is None:
        return f"the judge cannot tell: {grade.reason}"
    return "" if grade.score >= _FOLLOWS else f"the judge does not hold that it follows: {grade.reason}"
