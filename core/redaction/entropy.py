"""Strings that look drawn by lot: keys and tokens whose form nobody knows.

Shannon entropy alone cannot tell a key from a long name of a column, so that what reads as words is taken
off first: `AadUserIdToSidMap2` is words, `q7Zp0LxV3nRt8KdW1yBc` is not. So are parts of ids, the hashes and
numbers between signs, as in `it_9f86d081884c7d659a2f` and `S-1-5-21-1004336348`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

MIN_LENGTH = 20
MIN_BITS = 3.5
"""Bits a character. Twenty letters and digits drawn by lot have about 4.0, names of columns 3.0 to 3.9."""
MAX_WORDS = 0.5
"""Share of the letters and digits that may read as words in a string that still counts as drawn by lot."""

_TOKEN = re.compile(rf"[A-Za-z0-9+/_=~-]{{{MIN_LENGTH},}}")
_WORD = re.compile(
    r"[A-Z](?=[a-z]?[aeiouy])[a-z]{2,}|(?=[a-z]{0,3}[aeiouy])[a-z]{3,}|[A-Z](?=[A-Z]{0,3}[AEIOUY])[A-Z]{2,}(?![a-z])"
    r"|(?<=[_/-])[A-Za-z]{1,3}(?=[_/-])"
)
_FIVE_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}", re.I)
_PLAIN = re.compile(
    r"[0-9a-fA-F-]+|[^0-9]+|[^A-Za-z]+"
    r"|(?:call|toolu)_[A-Za-z0-9]{24}|tooluse_[\w-]{22}"  # how providers name tool calls
)
_PART_OF_AN_ID = re.compile(r"(?<![A-Za-z0-9])(?:[0-9a-fA-F]+|[A-Za-z]{0,6}[0-9]+[zZ]?)(?![A-Za-z0-9])")


def random_tokens(text: str) -> Iterator[tuple[int, int]]:
    """Where strings stand that look drawn by lot."""
    return (match.span() for match in _TOKEN.finditer(text) if looks_random(match.group()))


def looks_random(token: str) -> bool:
    """At least 20 characters with letters and digits, entropy of 3.5 bits a character, and few words in it;
    parts of ids do not count.

    Plain hexadecimal never is: hashes and GUIDs name things, and open nothing.
    """
    if len(token) < MIN_LENGTH or _PLAIN.fullmatch(token):
        return False
    rest = _PART_OF_AN_ID.sub("", token)
    bare = sum(character.isalnum() for character in rest)
    words = sum(len(word) for word in _WORD.findall(rest) if not _FIVE_CONSONANTS.search(word))
    return bare >= MIN_LENGTH - 4 and words <= MAX_WORDS * bare and bits(rest) >= MIN_BITS


def bits(token: str) -> float:
    """Shannon entropy of the characters' frequencies, in bits a character: -sum p log2 p (Shannon 1948)."""
    if not token:
        return 0.0
    total = len(token)
    return -sum(count / total * math.log2(count / total) for count in Counter(token).values())
