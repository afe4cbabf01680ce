"""The gate of visibility: every character of a lesson must be one that a reader sees.

Zero-width and bidirectional marks, tag characters, variation selectors, fillers and control characters carry
text past people and into models.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""Fillers and selectors, which are of visible categories and show nothing."""
_MOST_SHOWN = 32
_TAGS = range(0xE0020, 0xE007F)
"""Tag characters: each stands for the ASCII character of its last seven bits."""


def is_hidden(character: str) -> bool:
    """Whether a reader of the text would not see the character. Tabs, line feeds and wide spaces are seen."""
    if character.isprintable():
        return _UNSEEN.match(character) is not None
    return character not in "\n\t" and unicodedata.category(character) != "Zs"


def has_hidden(text: str) -> bool:
    if text.isprintable():
        return _UNSEEN.search(text) is not None
    return any(is_hidden(character) for character in text)


def bared(text: str) -> tuple[str, list[int]]:
    """The text as a model reads it, and for each of its characters the position in `text`.

    Hidden characters are left out; tag characters become the letters that they stand for.
    """
    if not has_hidden(text):
        return text, list(range(len(text)))
    kept = [(shown, at) for at, character in enumerate(text) if (shown := _shown(character))]
    return "".join(shown for shown, _ in kept), [at for _, at in kept]


def escaped(text: str) -> str:
    """The text with each hidden character written out, e.g. `\\u200b`; of a long run only its beginning."""
    if not has_hidden(text):
        return text
    runs = ((hidden, "".join(run)) for hidden, run in groupby(text, is_hidden))
    return "".join(_written_out(run) if hidden else run for hidden, run in runs)


def _written_out(run: str) -> str:
    shown = "".join(map(_escape, run[:_MOST_SHOWN]))
    return shown if len(run) <= _MOST_SHOWN else f"{shown}[and more]"


def _shown(character: str) -> str:
    if not is_hidden(character):
        return character
    return chr(ord(character) & 0x7F) if ord(character) in _TAGS else ""


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\u{{{code:x}}}"
