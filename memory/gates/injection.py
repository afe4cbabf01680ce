"""The gate of injection: a lesson tells what to do with tables and tools, never what to obey, trust or hide.

Every rule is asked of the plain text, and of what the text says when it is read as a disguise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from memory.gates.bridging import BRIDGING
from memory.gates.encoded import decodings, has_encoded
from memory.gates.hidden import has_hidden
from memory.gates.instructions import COMMANDS, ROLES, SQUASHED
from memory.gates.languages import LANGUAGES
from memory.gates.letters import mixed_word, on_one_line, plain, spaced_letters, undisguised
from memory.gates.markup import MARKUP
from memory.gates.poisoning import POISONING

HIDDEN = "an invisible character"
INSTRUCTION = "an instruction or a role marker"
POISON = "advice to trust or to look away"
BRIDGE = "a bridge from one record to another"
LINK = "markup or a link"
LETTERS = "letters of mixed alphabets or set apart"
CODED = "an encoded text"

_MOST_GROWTH = 3
"""How much longer the plain text may be; a few characters stand for whole sentences."""


_NO_LETTER = re.compile(r"[\W\d_]+")
_WORD = re.compile("[A-Za-z]{3}")
"""Every rule but those of other languages needs a word; much noise has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Readings:
    """`seen` is the plain text with its lines, `lines` the same on one line and as a disguise, `native` the
    text in its own alphabet, `decoded` without HTML entities and percent signs."""

    seen: str
    lines: tuple[str, ...]
    native: str
    decoded: tuple[str, ...]


def injections(text: str) -> Iterator[str]:
    """What in the text works on its reader, each kind once. Time grows linearly with the text."""
    if has_hidden(text):
        yield HIDDEN
    seen = plain(text)
    if len(seen) > _MOST_GROWTH * len(text) + _MOST_GROWTH:
        yield LETTERS
        return
    readings = _readings(text, seen)
    yield from (kind for kind, meets in _KINDS if meets(readings))
    if mixed_word(text) or spaced_letters(seen):
        yield LETTERS
    if has_encoded(text):
        yield CODED


def _readings(text: str, seen: str) -> _Readings:
    line = on_one_line(seen)
    decoded = tuple(decodings(text))
    lines = (line, *undisguised(line), *(on_one_line(plain(each)) for each in decoded))
    return _Readings(
        seen=seen,
        lines=tuple(each for each in lines if _WORD.search(each)),
        native=on_one_line(unicodedata.normalize("NFC", text)),
        decoded=decoded,
    )


def _instructs(readings: _Readings) -> bool:
    if any(ROLES.meet(each) for each in (readings.seen, *readings.decoded)):
        return True
    if any(COMMANDS.meet(line) for line in readings.lines):
        return True
    squashed = _NO_LETTER.sub("", readings.seen)
    spoken = {readings.native, *readings.lines[:1]}
    return SQUASHED.meets(squashed) or any(LANGUAGES.meet(each) for each in spoken)


def _poisons(readings: _Readings) -> bool:
    return any(POISONING.meet(line) for line in readings.lines)


def _bridges(readings: _Readings) -> bool:
    return any(BRIDGING.meet(line) for line in readings.lines)


def _links(readings: _Readings) -> bool:
    return any(MARKUP.meet(each) for each in (readings.seen, *readings.decoded))


_KINDS = ((INSTRUCTION, _instructs), (POISON, _poisons), (BRIDGE, _bridges), (LINK, _links))
