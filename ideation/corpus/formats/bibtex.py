"""BibTeX: entries with braced or quoted values, `@string` macros, and the accents of LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ideation.corpus.dates import month_number
from ideation.corpus.record import BadRecord, Draft

_ENTRY = re.compile(r"^[ \t]*@[ \t]*(\w+)[ \t]*([{(])", re.MULTILINE)
_NAME = re.compile(r"\s*([A-Za-z][\w:.+-]*)\s*=\s*")
_WORD = re.compile(r"[^\s,#{}\"()]+")
_KEY = re.compile(r"\s*([^\s,{}\"=]*)\s*(?:,|$)")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_ACCENTS = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    '"': "\u0308",
    "=": "\u0304",
    ".": "\u0307",
    "c": "\u0327",
    "v": "\u030c",
    "u": "\u0306",
    "H": "\u030b",
    "k": "\u0328",
    "r": "\u030a",
}
_ACCENT = re.compile(r"\{?\\(?:([`'^~\"=.])\s*|([cvuHkr])(?:\s+|(?=\{)))\{?\\?([A-Za-z])\}?\}?")
_LETTERS = {
    "ss": "ß",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "i": "ı",
}
_LETTER = re.compile(r"\\(ss|ae|AE|oe|OE|aa|AA|[oOlLi])(?![A-Za-z])\s?")
_ESCAPED = re.compile(r"\\([&%$#_{}])")
_COMMAND = re.compile(r"\\[A-Za-z]+\*?\s*")
_LOOK_AHEAD = 2
_PASSED_OVER = frozenset({"comment", "preamble"})


class _Broken(Exception):
    """Why an entry cannot be read."""


def read_bibtex(text: str) -> Iterator[Draft | BadRecord]:
    """Entries by the line of their `@`. One that does not close costs itself: the next `@` at the beginning
    of a line starts anew. Text between entries is a comment, as BibTeX has it.
    """
    macros: dict[str, str] = {}
    starts = list(_ENTRY.finditer(text))
    line, counted, over = 1, 0, 0
    for place, found in enumerate(starts):
        line, counted = line + text.count("\n", counted, found.start()), found.start()
        kind = found[1].casefold()
        if found.start() < over or kind in _PASSED_OVER:
            continue
        outcome = _attempt(text, found, starts[place + 1 : place + 1 + _LOOK_AHEAD], macros)
        if isinstance(outcome, str):
            yield BadRecord(line=line, reason=outcome)
            continue
        end, key, values = outcome
        over = end
        if kind == "string":
            macros.update(values)
        else:
            yield Draft(line=line, fields=_fields(key, values))


def _attempt(
    text: str, found: re.Match[str], following: list[re.Match[str]], macros: dict[str, str]
) -> tuple[int, str, dict[str, str]] | str:
    """The entry up to the next one; beyond it only where its text may hold an `@` at a line's beginning."""
    complaint = ""
    for stop in (*(each.start() for each in following), len(text) if len(following) < _LOOK_AHEAD else 0):
        if not stop:
            break
        try:
            end, key, values = _entry(
                text[found.end() : stop], 0, macros, bare=found[1].casefold() == "string"
            )
        except _Broken as error:
            complaint = complaint or str(error)
        else:
            return found.end() + end, key, values
    return complaint


def _entry(text: str, at: int, macros: dict[str, str], *, bare: bool) -> tuple[int, str, dict[str, str]]:
    """End, key and raw values of the entry whose opening brace has been read; `@string` has no key."""
    key = ""
    if not bare:
        found = _KEY.match(text, at)
        if not found:
            raise _Broken("the entry's key is not followed by a comma")
        key, at = found[1], found.end()
    values: dict[str, str] = {}
    while True:
        at = _blank(text, at)
        if at >= len(text):
            raise _Broken("a brace is not closed")
        if text[at] in "})":
            return at + 1, key, values
        found = _NAME.match(text, at)
        if not found:
            raise _Broken(f"expected a field such as title = {{...}} at {text[at : at + 20]!r}")
        value, at = _value(text, found.end(), macros)
        values.setdefault(found[1].casefold(), value)
        at = _blank(text, at, commas=False)
        if at < len(text) and text[at] not in ",})":
            raise _Broken(f"a comma is missing after {found[1]}")


def _value(text: str, at: int, macros: dict[str, str]) -> tuple[str, int]:
    parts: list[str] = []
    while True:
        if at >= len(text):
            raise _Broken("a field has no value")
        if text[at] == "{" or text[at] == '"':
            end = _closing(text, at)
            parts.append(text[at + 1 : end])
            at = end + 1
        elif found := _WORD.match(text, at):
            parts.append(macros.get(found[0].casefold(), found[0]))
            at = found.end()
        else:
            raise _Broken("a field has no value")
        after = _blank(text, at, commas=False)
        if after >= len(text) or text[after] != "#":
            return "".join(parts), at
        at = _blank(text, after + 1, commas=False)


def _closing(text: str, at: int) -> int:
    """Where the brace or quote at this place closes; a quote does not close within braces."""
    quoted, depth = text[at] == '"', 0
    for place in range(at + 1, len(text)):
        sign = text[place]
        if sign in '{}"' and text[place - 1] == "\\":
            continue
        if sign == "{":
            depth += 1
        elif sign == "}":
            if depth == 0:
                if quoted:
                    break
                return place
            depth -= 1
        elif sign == '"' and quoted and depth == 0:
            return place
    raise _Broken("a quote is not closed" if quoted else "a brace is not closed")


def _blank(text: str, at: int, *, commas: bool = True) -> int:
    signs = " \t\n," if commas else " \t\n"
    while at < len(text) and text[at] in signs:
        at += 1
    return at


def _fields(key: str, values: dict[str, str]) -> dict[str, object]:
    plain = {name: plain_text(value) for name, value in values.items() if name not in ("author", "editor")}
    fields: dict[str, object] = {
        "title": plain.get("title", ""),
        "abstract": plain.get("abstract", ""),
        "venue": plain.get("journal") or plain.get("journaltitle") or plain.get("booktitle", ""),
        "doi": values.get("doi", "").replace("\\_", "_"),
        "url": values.get("url", "").replace("\\_", "_").replace("\\%", "%"),
        "authors": [plain_text(name) for name in _AND.split(values.get("author", "").strip()) if name],
        "record_id": key[:200],
        "published": _published(plain),
    }
    archive = plain.get("archiveprefix", plain.get("eprinttype", "arxiv")).casefold()
    if archive == "arxiv" and plain.get("eprint"):
        fields["arxiv"] = plain["eprint"]
    return fields


def _published(plain: dict[str, str]) -> str:
    if date := plain.get("date", "").split("/")[0]:
        return date
    year, month = plain.get("year", ""), month_number(plain.get("month", ""))
    return f"{year}-{month:02}" if year and month else year


def plain_text(value: str) -> str:
    """LaTeX's accents and letters as signs, its braces and commands gone; formulas stay as they are."""
    text = _ACCENT.sub(lambda found: _accented(found[1] or found[2], found[3]), value)
    text = _LETTER.sub(lambda found: _LETTERS[found[1]], text)
    if "$" not in text:
        text = (
            _ESCAPED.sub(r"\1", _COMMAND.sub("", text).replace("{", "").replace("}", ""))
            if not _ESCAPED.search(text)
            else _unescaped(text)
        )
    return re.sub(r"\s+", " ", text.replace("~", " ").replace("---", "—").replace("--", "–")).strip()


def _unescaped(text: str) -> str:
    kept = _ESCAPED.split(_COMMAND.sub("", text))
    return "".join(
        part if place % 2 else part.replace("{", "").replace("}", "") for place, part in enumerate(kept)
    )


def _accented(accent: str, letter: str) -> str:
    return unicodedata.normalize("NFC", letter + _ACCENTS[accent])
