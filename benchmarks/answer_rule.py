"""Whether a submitted text gives the gold answer: a deterministic stand-in for the official LLM judge.

The rule reads marks and lengths only and knows no question. On the published labels it agrees with the
GPT-4o judge in about 97 of 100 submissions (see the tests for the figures on the set at hand).
"""

from __future__ import annotations

import re

_MOST_SEPARATORS = 15
"""The judge's prompt calls more than 15 listed candidates wrong."""
_SHORTEST_SHARE = 0.6
"""How much of the gold a submission must hold when it is a part of it."""

_SEPARATOR = re.compile(r"[,;]\s|\n|\s(?:or|and/or)\s", re.IGNORECASE)
_FRAGMENTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d",
        r"\bs-\d+(?:-\d+)+\b",
        r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
        r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
        r"\b\d{1,3}(?:\.\d{1,3}){3}\b",
        r"\b[\w-]+\.(?:exe|dll|ps1|bat|cmd|vbs|js|docm?x?|xlsx?|zip|7z|pdf|lockbit)\b",
        r"(?:^|process ?id\W{0,3})(\d{2,6})\b",
    )
)
_COMPOSITE = re.compile(
    r"__|process ?id|created ?time|creation time|\btime: |\w: [^,]+, \w[\w ]*: ", re.IGNORECASE
)


def normalise(text: str) -> str:
    """One spelling: lower case, no quotes, no scheme or `www.`, single backslashes, no trailing mark.

    Normalising what is normal changes nothing.
    """
    while (once := _normalised_once(text)) != text:
        text = once
    return text


def _normalised_once(text: str) -> str:
    text = text.lower().strip()
    text = re.sub(r"[`'\"“”‘’*]", "", text)
    text = re.sub(r"https?://", "", text)
    text = re.sub(r"\bwww\.", "", text)
    text = re.sub(r"\\+", r"\\", text)
    text = re.sub(r"\s+", " ", text)
    return text.strip().rstrip("./").strip()


def count_candidates(submission: str) -> int:
    """How many answers a submission lists, by the marks between them; 0 for an empty one."""
    return sum(1 for part in _SEPARATOR.split(submission) if part.strip())


def matches(gold: str, submission: str) -> bool:
    """Whether the submission gives the gold answer.

    It does when it contains the gold among few candidates, is a large part of it, or, for answers made of
    several values, names every one of them (moments to the second).
    """
    want, said = normalise(gold), normalise(submission)
    if not want or not said:
        return False
    if len(_SEPARATOR.findall(submission)) > _MOST_SEPARATORS and len(said) > 3 * len(want):
        return False
    if want in said or (said in want and len(said) >= _SHORTEST_SHARE * len(want)):
        return True
    return bool(_COMPOSITE.search(gold)) and _names_every_part(want, said)


def _names_every_part(want: str, said: str) -> bool:
    want = want.replace("__", " ")
    parts = {part for pattern in _FRAGMENTS for part in pattern.findall(want)}
    said = re.sub(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)", r"\1t\2", said)
    parts = {re.sub(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)", r"\1t\2", part) for part in parts}
    return bool(parts) and all(part in said for part in parts)
