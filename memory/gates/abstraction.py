"""The gate of abstraction: no value of an entity, for a lesson must hold in incidents that nobody has seen.

It sees addresses, identifiers, hashes, dates, times, hosts with digits, domains and people's paths. It cannot
see a plain name of a person or an account: a distiller must leave those out.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator

Span = tuple[int, int]
"""Start and end of a value in a text."""

_TLD_NAMES = (
    "com net org edu gov mil info biz io co ai app dev cloud online site top club shop xyz live tech store"
    " local internal lan corp intra arpa onion example test invalid ru cn de uk fr nl eu us ca au jp br"
)
# In one case only: `SigninLogs.App` is a column, `portal.app` and `PORTAL.APP` are names of hosts.
_TLDS = frozenset(f"{_TLD_NAMES} {_TLD_NAMES.upper()}".split())
_MONTHS = (
    "Jan|January|Feb|February|Mar|March|Apr|April|Jun|June|Jul|July|Aug|August|Sep|Sept|September|Oct|October"
    "|Nov|November|Dec|December|May(?= \\d{1,2}(?:st|nd|rd|th|,))"
)
_HOST_WORDS = "desktop|laptop|workstation|server|srv|host|dc|pc|vm|win|mac|lnx|node|client|ws"
_HOST_WORD = re.compile(_HOST_WORDS)

_DIGIT = "a digit"
"""The sign of patterns that cannot match without one; other signs are parts of the text in lower case."""
_ANY_DIGIT = re.compile(r"\d")
_PATTERNS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("a URL", "://", re.compile(r"\b(?:[a-z][a-z0-9+.-]{1,15}|hxxps?)://[^\s{}]+", re.I)),
    ("a URL", "www.", re.compile(r"\bwww\.\w", re.I)),
    ("an e-mail address", "@", re.compile(r"[^\s%]@[a-z0-9][\w-]*(?:\.[\w-]+)+", re.I)),
    ("a GUID", "-", re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I)),
    ("a SID", _DIGIT, re.compile(r"\bS-\d++(?:-\d++){2,}+(?!-?%)", re.I)),
    ("an IP address", _DIGIT, re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")),
    ("an IP address", _DIGIT, re.compile(r"\b\d{1,3}(?:\[\.\]\d{1,3}){3}\b")),
    (
        "a MAC address",
        "",
        re.compile(r"(?<![\w:-])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![\w:-])", re.I),
    ),
    (
        "a date or time",
        _DIGIT,
        re.compile(
            r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b"
            rf"|\b(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?\b"
            rf"|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTHS})\b"
        ),
    ),
    (
        "a hash or long hex number",
        _DIGIT,
        re.compile(r"\b(?:0x)?(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b", re.I),
    ),
    ("a long number", _DIGIT, re.compile(r"(?<!\d)\d{6,}(?!\d)")),
    ("a long number", _DIGIT, re.compile(r"(?<![\w-])\d{4}(?:[ -]\d{4}){3}(?![\w-])")),
    ("a telephone number", _DIGIT, re.compile(r"(?<![\w+])\+\d{1,3}(?:[ ().-]{0,2}\d){7,14}(?!\d)")),
)
_LATE_PATTERNS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("a domain or host name", _DIGIT, re.compile(rf"\b(?:{_HOST_WORDS})[-_]?\d{{1,4}}[a-z]?\b", re.I)),
    (
        "a path of a person",
        "",
        re.compile(r"\\users\\+(?!(?:\{|<|%|\*|public\b))[\w.]+|/home/(?!\{|<|%)\w+", re.I),
    ),
    ("a network path", "\\\\", re.compile(r"(?<![\\\w])\\\\[a-z0-9][\w.-]*\\", re.I)),
    (
        "a long coded text",
        _DIGIT,
        re.compile(r"(?<![\w/+])(?=[\w/+]*\d)(?=[\w/+]*[A-Z])(?=[\w/+]*[a-z])[A-Za-z0-9/+]{40,}={0,2}"),
    ),
)
_DOTTED = re.compile(r"(?<![\w-])[\w-]+(?:\.[\w-]+)+")
_INNER_DOT = re.compile(r"[\w-]\.[\w-]")
_GOES_ON = re.compile(r"[\w.(-]*\w")
_LOWER_LABEL = re.compile(r"[a-z0-9-]+")
_HYPHENATED = re.compile(r"[a-z0-9-]+", re.I)
_COLONED = re.compile(r"(?<![\w:.])[0-9a-f:]{3,}(?![\w:])", re.I)
_WORD = re.compile(r"(?:(?![.:])[\w.@%+:/\\#?&=~-])(?:[\w.@%+:/\\#?&=~-]*[\w@%+/\\#?&=~-])?")
_FANG = re.compile(r"\s?[\[({]\s?(\.|dot|@|at|:)\s?[\])}]\s?", re.I)


def contains_entity_value(text: str) -> str | None:
    """What kind of entity value the text carries (`an IP address`), None when none is seen.

    Full-width digits, `[.]` for a dot and the like hide nothing. Time grows linearly with the text.
    """
    return next((kind for shown in readings(text) for kind, _ in _findings(shown)), None)


def contained_kinds(text: str) -> frozenset[str]:
    """Every kind of entity value in the text, as it is written."""
    return frozenset(kind for kind, _ in _findings(text))


def entity_spans(text: str) -> Iterator[tuple[Span, str]]:
    """Where values stand, each grown to the whole word around it, and of what kind they are; unordered."""
    words = [match.span() for match in _WORD.finditer(text)]
    starts = [start for start, _ in words]
    for kind, (start, end) in _findings(text):
        first, last = start, end
        for place in (bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1):
            if place >= 0 and words[place][1] > start:
                first, last = min(first, words[place][0]), max(last, words[place][1])
        yield (first, last), kind


def readings(text: str) -> Iterator[str]:
    """The text, and where they differ: with compatible letters made plain, with defanged marks restored."""
    yield text
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if plain != text:
        yield plain
    whole = _FANG.sub(_restored, plain)
    if whole != plain:
        yield whole


def _findings(text: str) -> Iterator[tuple[str, Span]]:
    lower = text.lower()
    digits = _ANY_DIGIT.search(text) is not None
    yield from _matches(_PATTERNS, text, lower, digits)
    if _INNER_DOT.search(text):
        yield from (("a domain or host name", span) for span in _domains(text))
    yield from _matches(_LATE_PATTERNS, text, lower, digits)
    if text.count(":") > 1:
        yield from (("an IP address", m.span()) for m in _COLONED.finditer(text) if _is_ipv6(m.group()))
    if "-" in text:
        hyphenated = (match for match in _HYPHENATED.finditer(text) if _is_host(match.group()))
        yield from (("a domain or host name", match.span()) for match in hyphenated)


def _matches(
    patterns: Iterable[tuple[str, str, re.Pattern[str]]], text: str, lower: str, digits: bool
) -> Iterator[tuple[str, Span]]:
    """What the patterns find; one whose sign is missing has nothing to find."""
    for kind, sign, pattern in patterns:
        if digits if sign is _DIGIT else sign in lower:
            yield from ((kind, match.span()) for match in pattern.finditer(text))


def _restored(mark: re.Match[str]) -> str:
    return {"dot": ".", "at": "@"}.get(mark.group(1).casefold(), mark.group(1))


def _domains(text: str) -> Iterator[Span]:
    for match in _DOTTED.finditer(text):
        labels = match.group().split(".")
        if _GOES_ON.match(text, match.end()):
            continue
        named = labels[-1] in _TLDS and len(labels[-2]) >= 3
        deep = len(labels) > 3 and len(labels[-1]) > 1 and labels[-1].isalpha() and _lower(labels)
        if named or deep:
            yield match.span()


def _lower(labels: list[str]) -> bool:
    return all(_LOWER_LABEL.fullmatch(label) is not None for label in labels)


def _is_ipv6(token: str) -> bool:
    if token.count(":") < 2 or not any(character.isalnum() for character in token):
        return False
    try:
        ipaddress.IPv6Address(token)
    except ValueError:
        return False
    return True


def _is_host(token: str) -> bool:
    """`lab-win11a` and `mb-win10-01` are hosts, `sha-256` and `top-5` are not."""
    parts = [part for part in token.casefold().split("-") if part]
    if len(parts) < 2:
        return False
    mixed = [part for part in parts if any(c.isdigit() for c in part) and any(c.isalpha() for c in part)]
    if parts[-1] in ("dc", "srv"):
        return True
    numbered = any(part.isdigit() for part in parts) and any(_HOST_WORD.fullmatch(part) for part in parts)
    return numbered or any(len(part) >= 4 for part in mixed)
