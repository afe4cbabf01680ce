"""Words of a text as the keyword channels count them, hashed so that no vocabulary is kept.

Two of some 300,000 terms share a 32-bit hash about ten times: then a paper is found by a word of another,
which costs less than a vocabulary that every import must read.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TITLE_WEIGHT = 2
"""A word of the title counts twice: authors put there what the paper is about."""

_WORD = re.compile(r"[^\W_]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_MOST_COUNT = 255
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been being both but by can could did do does doing for from had has have "
        "having here how however if in into is it its itself may more most no nor not of on or other our "
        "out over own same she should since so some such than that the their them then there these they "
        "this those through thus to too under until up upon very was we were what when where which while "
        "who whom why will with within without would you your",
    )
)


def words(text: str) -> list[str]:
    """Words in lower case without accents and plain plurals; scripts without blanks as pairs of signs."""
    plain = text if text.isascii() else _plain(text)
    found: list[str] = []
    for word in _WORD.findall(plain.casefold()):
        if not word.isascii() and _WIDE.fullmatch(word):
            found += [word[at : at + 2] for at in range(max(1, len(word) - 1))]
        elif word not in _STOP:
            found.append(_singular(word))
    return found


def counts(title: str, abstract: str) -> Counter[int]:
    """How often each hashed word stands in a paper, words of the title weighted."""
    found = Counter(map(hashed, words(abstract)))
    for word in words(title):
        found[hashed(word)] += TITLE_WEIGHT
    return found


@lru_cache(maxsize=100_000)
def hashed(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "replace"))


def packed(found: Counter[int]) -> tuple[bytes, bytes]:
    """Terms (uint32) and counts (uint8) as the corpus keeps them, in order of term."""
    terms = sorted(found)
    return (
        np.array(terms, dtype="<u4").tobytes(),
        bytes(min(found[term], _MOST_COUNT) for term in terms),
    )


def terms_of(blob: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(blob, dtype="<u4")


def _plain(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word
