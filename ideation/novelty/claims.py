"""Does what an idea names exist: papers, data sets and numbers that resolve to nothing are flagged.

A flag is no verdict. It says what a reader should look up before believing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import AtlasError
from ideation.arm import Library
from ideation.corpus.identity import PaperId
from ideation.idea import Idea
from ideation.muse import Source


class Claim(StrEnum):
    CITATION = "citation"
    DATA_SET = "data_set"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """`part` is the part of the idea where `text` stands. `looked_up` is false where the search failed."""

    claim: Claim
    part: str
    text: str
    reason: str
    looked_up: bool = True


CLAIMING = ("problem", "mechanism", "dropped", "consequence")
"""Parts whose numbers say what is. Those of the prediction and the evaluation say what is to be."""
_HITS = 10

_BRACKET = re.compile(r"\[([^\[\]]{1,80})\]")
_IDENTIFIER = re.compile(r"\b(?:doi:\s*)?10\.\d{4,9}/[^\s\])]+|\barxiv:\s*\d{4}\.\d{4,5}(?:v\d+)?", re.I)
_AUTHOR = re.compile(
    r"\b([A-Z][\w'’-]+(?:\s+(?:et al\.?|and [A-Z][\w'’-]+|& [A-Z][\w'’-]+))?),?\s*\(?((?:19|20)\d\d)[a-z]?\)"
)
_PAPER_ID = re.compile(r"p?[0-9][0-9a-f]{0,16}|p[0-9a-f]{16}")
_NAME = r"[A-Z][\w-]*(?:[ -][A-Z\d][\w-]*){0,3}"
_KIND = r"(?:data ?sets?|corpus|benchmarks?|databases?|archives?)"
_DATA_SET = re.compile(rf"\b({_NAME})\s+{_KIND}\b|\b{_KIND}\s+(?:called|named)?\s*({_NAME})")
_NOT_NAMES = frozenset(
    (
        "the",
        "a",
        "an",
        "this",
        "that",
        "these",
        "those",
        "our",
        "their",
        "its",
        "new",
        "standard",
        "public",
        "open",
    )
)
_NUMBER = re.compile(
    r"(?<![\w.\-/])\d[\d,]*(?:\.\d+)?(?:\s?(?:%|°C|K\b|percent\b|[kMGT]?(?:eV|W|Hz|Pa|J|B)\b|[munµ]?(?:m|s|g|M|L)\b"
    r"|fold\b|times\b|x\b))?(?![\w\-/]|\.\d)"
)
_YEAR = re.compile(r"(?:19|20)\d\d")


def unresolved(
    idea: Idea, library: Library, *, topic: str = "", known_data: Sequence[str] = ()
) -> tuple[Flag, ...]:
    """What the idea names and the library, its sources and the topic do not have, in the order of its parts.

    Numbers are looked for in the papers that the idea grew from or cites; data sets in the whole library and
    among `known_data`; authors and foreign identifiers cannot be resolved here, so they are always flagged.
    """
    flags = [*_origin(idea, library)]
    cited = _cited(idea, library)
    ground = " ".join((topic, *(f"{source.title} {source.abstract}" for source in cited)))
    for part, text in idea.text:
        flags += _citations(part, text, library)
        flags += _data_sets(part, text, library, f"{topic} {ground}", known_data)
        if part in CLAIMING:
            flags += _numbers(part, text, ground)
    return tuple(dict.fromkeys(flags))


def _get(library: Library, paper: str) -> Source | None:
    return library.get(PaperId(paper))


def _origin(idea: Idea, library: Library) -> Iterator[Flag]:
    for paper in idea.origin.papers:
        if _get(library, paper) is None:
            reason = "a paper that it is said to grow from is not in the library"
            yield Flag(claim=Claim.CITATION, part="origin", text=paper, reason=reason)


def _cited(idea: Idea, library: Library) -> list[Source]:
    named = [*idea.origin.papers, *_BRACKET.findall(idea.text.whole)]
    return [source for name in dict.fromkeys(named) if (source := _get(library, name)) is not None]


def _citations(part: str, text: str, library: Library) -> Iterator[Flag]:
    for inside in _BRACKET.findall(text):
        for name in (each.strip() for each in re.split(r"[;,]", inside)):
            if _PAPER_ID.fullmatch(name) and _get(library, name) is None:
                reason = "no paper of the library has this id"
                yield Flag(claim=Claim.CITATION, part=part, text=f"[{name}]", reason=reason)
    for pattern in (_IDENTIFIER, _AUTHOR):
        for match in pattern.finditer(text):
            reason = "it is not an id of the library, so nothing here says that it exists"
            words = match.group() if "(" in match.group() else match.group().rstrip(")")
            yield Flag(claim=Claim.CITATION, part=part, text=words, reason=reason)


def _data_sets(part: str, text: str, library: Library, ground: str, known: Sequence[str]) -> Iterator[Flag]:
    at_hand = {name.casefold() for name in known}
    for match in _DATA_SET.finditer(text):
        name = _bare(match[1] or match[2])
        if not name or name.casefold() in at_hand or name.casefold() in ground.casefold():
            continue
        try:
            hits = library.search(name, _HITS)
        except (AtlasError, OSError) as error:
            reason = f"it could not be looked up: {error}"
            yield Flag(claim=Claim.DATA_SET, part=part, text=name, reason=reason, looked_up=False)
            continue
        whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.I)
        if not any(whole.search(f"{source.title} {source.abstract}") for source in hits):
            reason = "no paper of the library names it"
            yield Flag(claim=Claim.DATA_SET, part=part, text=name, reason=reason)


def _bare(name: str) -> str:
    """The name without the word that begins the sentence."""
    words = name.split()
    while words and words[0].casefold() in _NOT_NAMES:
        words.pop(0)
    return " ".join(words)


def _numbers(part: str, text: str, ground: str) -> Iterator[Flag]:
    held = {_plain(match.group()) for match in _NUMBER.finditer(ground)}
    plain = _AUTHOR.sub(" ", _IDENTIFIER.sub(" ", _BRACKET.sub(" ", text)))
    for match in _NUMBER.finditer(plain):
        words = match.group().strip()
        telling = len(re.sub(r"\D", "", words)) > 1 or not words.isdigit()
        if telling and not _YEAR.fullmatch(words) and _plain(words) not in held:
            reason = "none of its papers gives this number"
            yield Flag(claim=Claim.NUMBER, part=part, text=words, reason=reason)


def _plain(number: str) -> str:
    """`1,000 %` and `1000 percent` are one number."""
    return re.sub(r"[\s,]", "", number).replace("percent", "%").casefold()
