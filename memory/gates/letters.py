"""Disguises of letters: look-alikes of other alphabets, styled letters, spacing, leetspeak, reversal, rot13.

`plain` gives the text as its reader takes it in (the skeleton of Unicode TS 39, with a small table of our
own); `undisguised` adds the readings by which a filter is usually passed.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator

from memory.gates.hidden import bared

_ALIKE = {
    "Cyrillic": (
        "авекмнорстухіјѕԁԛԝһӏьгпАВЕКМНОРСТУХІЈЅԀԚԜҺӀ",
        "aBekmHopcTyxijsdqwhlbrnABEKMHOPCTYXIJSDQWhI",
    ),
    "Greek": ("αβγεηικνορτυχωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abyenikvoptuxwABEZHIKMNOPTYX"),
    "Armenian": ("օսհոցզ", "ouhngq"),
    "Cherokee": ("ᎪᏴᏟᎠᎬᏀᎻᏆᎫᏦᏞᎷᏢᎡᏒᏚᎢᏙᏔᏃ", "ABCDEGHIJKLMPRRSTVWZ"),
    "small capitals": ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz"),
    "Latin": ("ıɡɑøłđħƚɩɐǝɟɥɯɹʇʌʍʎ", "igaoldhliaefhmrtvwy"),
}
_SQUARED = {first + step: ord("A") + step for first in (0x1F150, 0x1F170, 0x1F1E6) for step in range(26)}
_PLAIN = {ord(a): ord(b) for alike, latin in _ALIKE.values() for a, b in zip(alike, latin, strict=True)}
_PLAIN |= _SQUARED
_LOOKALIKES = frozenset(
    "".join(alike for name, (alike, _) in _ALIKE.items() if name not in ("Latin", "Greek"))
)
_ALPHABETS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
_GREEK_LOOKALIKES = frozenset("οιτυεΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
"""Without those that science sets before Latin letters: `λmax`, `μm`, `αhelix`."""
_SYMBOLS_IN_WORDS = str.maketrans("@$!|€", "asile")
_DIGITS_AS_LETTERS = (str.maketrans("0134578", "oieastb"), str.maketrans("013457", "oleast"))

_WORD = re.compile(r"[^\W\d_]+")
_LEET = re.compile(r"(?<!\S)(?=\S*[a-z])(?=\S*[0-9@$!|€])[\w@$!|€'-]+", re.I)
_INNER_MARK = re.compile(r"(?<=[^\W\d_])[.\-_*~|+^'’·•/]{1,3}(?=[^\W\d_])")
_DOUBLED = re.compile(r"\b([^\W\d_])\1(?=[^\W\d_]{2})", re.I)
_NAME_PARTS = re.compile(r"_+|(?<=[a-z])(?=[A-Z])")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-_|·•]{1,3}){6,}[^\W\d_](?![^\W_])")
_STEMS = tuple(
    re.findall(
        r"\w+",
        "ignor disregard forget overrid bypass skip instruct previous rule prompt answer repl respon always"
        " never now benign harmless trust saf legitim approv white allow investigat report escalat verif"
        " check refer read host alert admin system assistant reveal submit regardless without memor remember"
        " polic",
    )
)
"""Stems of words that orders and false lessons are made of."""
_TELLING = re.compile(rf"\b(?:{'|'.join(_STEMS)})[a-z]{{0,6}}\b", re.I)
_SPACE = re.compile(r"\s+")
_MIN_STYLED = 3


def plain(text: str) -> str:
    """The text without marks, look-alikes and hidden characters; case and line breaks stay."""
    if text.isascii():
        return bared(text)[0] if not text.isprintable() else text
    decomposed = unicodedata.normalize("NFKD", bared(text)[0])
    letters = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return letters.translate(_PLAIN)


def on_one_line(text: str) -> str:
    return _SPACE.sub(" ", text)


def undisguised(text: str) -> Iterator[str]:
    """Other readings of a plain text: what it says if it is a disguise.

    A reading counts only where it brings up a telling word that the text did not have.
    """
    readings = {
        *(_unleeted(text, digits) for digits in _DIGITS_AS_LETTERS),
        _INNER_MARK.sub("", text),
        _DOUBLED.sub(r"\1", text),
        _NAME_PARTS.sub(" ", text),
        text[::-1],
        codecs.encode(text, "rot13"),
    } - {text}
    told = _telling(text)
    return (reading for reading in sorted(readings) if _telling(reading) > told)


def _telling(text: str) -> int:
    lower = text.lower()
    return len(_TELLING.findall(text)) if any(stem in lower for stem in _STEMS) else 0


def mixed_word(text: str) -> bool:
    """Whether one word mixes Latin with look-alikes of another alphabet, or letters are styled.

    `μm` and `H₂O` are words of science and pass.
    """
    if text.isascii():
        return False
    return any(_is_mixed(word) for word in _WORD.findall(text)) or _styled(text) >= _MIN_STYLED


def spaced_letters(text: str) -> bool:
    """Whether seven letters or more stand apart: `i g n o r e  a l l`."""
    return _SPACED.search(text) is not None


def _is_mixed(word: str) -> bool:
    if word.isascii() or (_LOOKALIKES.isdisjoint(word) and _GREEK_LOOKALIKES.isdisjoint(word)):
        return False
    return len({unicodedata.name(c, "").partition(" ")[0] for c in word} & _ALPHABETS) > 1


def _styled(text: str) -> int:
    """Letters that are styled ASCII letters: full-width, mathematical, circled, small capitals."""
    return sum(1 for c in text if not c.isascii() and _is_styled(c))


def _is_styled(character: str) -> bool:
    if ord(character) in _SQUARED or character in _ALIKE["small capitals"][0]:
        return True
    decomposed = unicodedata.decomposition(character)
    return decomposed[:1] == "<" and decomposed.partition(">")[0] in _STYLES and _one_letter(decomposed)


_STYLES = frozenset({"<wide", "<font", "<circle", "<square"})


def _one_letter(decomposed: str) -> bool:
    codes = decomposed.split()[1:]
    return len(codes) == 1 and chr(int(codes[0], 16)).isascii() and chr(int(codes[0], 16)).isalpha()


def _unleeted(text: str, digits: dict[int, int]) -> str:
    return _LEET.sub(lambda m: m.group().translate(_SYMBOLS_IN_WORDS).translate(digits), text)
