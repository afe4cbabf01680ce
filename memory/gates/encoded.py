"""The gate of plain text: nothing stands in a lesson that must be decoded before it can be read.

What looks encoded is decoded (base64, base32, hexadecimal, percent signs, HTML entities, escapes, character
codes); where readable text comes out, it is refused whatever it says.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote, unquote_to_bytes

Span = tuple[int, int]

_MIN_WHOLE, _MIN_RUN = 9, 14
"""Characters of readable text that count, where all of it or a run in it is readable: chance seldom makes so
many of a name that happens to be base64."""
_WORDLIKE = 0.75
"""Share of letters, digits and spaces in what counts as readable."""
_MANY_ENTITIES = 3

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{12,}={0,2}(?![A-Za-z0-9+/_=-])")
_BASE64_APART = re.compile(
    r"(?<![\w+/=-])[A-Za-z0-9+/_-]{2,76}=?=?(?:[\s,;.\"'+|]{1,4}[A-Za-z0-9+/_-]{2,76}=?=?){2,}"
    r"(?![\w+/=-])"
)
_BASE32 = re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{16,}={0,6}(?![A-Za-z0-9=])", re.I)
_HEX = re.compile(r"(?<![\w\\%])(?:0x)?(?:[2-7][0-9a-f][\s,:;-]{0,2}(?:0x|\\x)?){8,}(?![0-9a-z])", re.I)
_ESCAPES = re.compile(r"(?:\\u00[0-9a-f]{2}|\\u\{[0-9a-f]{2,5}\}|\\x[0-9a-f]{2}|\\[0-7]{3}){4,}", re.I)
_PERCENT = re.compile(r"(?:%[0-9a-f]{2}[\w.~-]{0,12}){4,}", re.I)
_ENTITIES = re.compile(r"(?:&#\d{2,7};|&#x[0-9a-f]{2,6};)", re.I)
_ASCII_RUN = re.compile(rb"[\t\n\r\x20-\x7e]+")
_CODES = re.compile(
    r"(?<![\d.])(?:1[01]\d|12[0-6]|[3-9]\d)(?:[\s,;]{1,2}(?:1[01]\d|12[0-6]"
    r"|[3-9]\d)){7,}(?![\d.])"
)
_BITS = re.compile(r"(?<![01])(?:[01]{8}[\s,]?){3,}(?![01])")


def has_encoded(text: str) -> bool:
    return next(encoded_spans(text), None) is not None


def encoded_spans(text: str) -> Iterator[Span]:
    """Where text stands that is readable only once it is decoded; unordered, and some may overlap."""
    for pattern, reads in _READERS:
        yield from (match.span() for match in pattern.finditer(text) if reads(match.group()))
    for match in _BASE64_APART.finditer(text):
        # Where one piece is readable by itself, the words around it are words.
        whole = not any(_decodes_base64(piece.group()) for piece in _BASE64.finditer(match.group()))
        if whole and _decodes_base64(match.group()):
            yield match.span()
    entities = [match.span() for match in _ENTITIES.finditer(text)]
    if len(entities) >= _MANY_ENTITIES:
        yield from entities


def decodings(text: str) -> Iterator[str]:
    """The text with HTML entities and percent signs resolved, each where it differs."""
    for decoded in (html.unescape(text), unquote(text)):
        if decoded != text:
            yield decoded


def _readable(raw: bytes) -> bool:
    """ASCII, UTF-8 or UTF-16 that is letters mostly, and long enough that chance does not make it."""
    if b"\0" in raw:
        raw = raw.replace(b"\0", b"")
    if any(_is_prose(run, len(raw)) for run in _ASCII_RUN.findall(raw)):
        return True
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return False
    return len(raw) >= _MIN_RUN and text.isprintable() and not text.isascii()


def _is_prose(run: bytes, of: int) -> bool:
    if len(run) < (_MIN_WHOLE if len(run) == of else _MIN_RUN):
        return False
    return sum(chr(c).isalnum() or c == 32 for c in run) >= _WORDLIKE * len(run)


def _decodes_base64(token: str) -> bool:
    bare = re.sub(r"[^A-Za-z0-9+/_-]", "", token).replace("-", "+").replace("_", "/")
    # Up to three characters may have been set before the blob to throw its alignment off.
    for skipped in range(4):
        rest = bare[skipped:]
        try:
            raw = base64.b64decode(rest[: len(rest) // 4 * 4] + _tail(rest), validate=True)
        except (binascii.Error, ValueError):
            continue
        if _readable(raw):
            return True
    return False


def _tail(rest: str) -> str:
    """The last group of base64 with its padding; a lone sixth of a byte is left out."""
    last = rest[len(rest) // 4 * 4 :]
    return last + "=" * (-len(last) % 4) if len(last) > 1 else ""


def _decodes_base32(token: str) -> bool:
    bare = token.upper().rstrip("=")
    bare = bare[: len(bare) // 8 * 8]
    return bool(bare) and _readable(base64.b32decode(bare))


def _decodes_hex(token: str) -> bool:
    digits = re.sub(r"0x|\\x|[^0-9a-f]", "", token, flags=re.I)
    return _readable(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _decodes_percent(token: str) -> bool:
    return token.count("%") >= 6 or _readable(unquote_to_bytes(token))


def _decodes_codes(token: str) -> bool:
    return _readable(bytes(int(code) for code in re.findall(r"\d+", token)))


def _decodes_bits(token: str) -> bool:
    digits = re.sub(r"[^01]", "", token)
    raw = bytes(int(digits[at : at + 8], 2) for at in range(0, len(digits) // 8 * 8, 8))
    return all(32 <= byte < 127 for byte in raw)


def _always(token: str) -> bool:
    return True


_READERS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_BASE64, _decodes_base64),
    (_BASE32, _decodes_base32),
    (_HEX, _decodes_hex),
    (_ESCAPES, _always),
    (_PERCENT, _decodes_percent),
    (_CODES, _decodes_codes),
    (_BITS, _decodes_bits),
)
