"""The parts of an item's Markdown: prose, lists of `- name: value`, fences. What they mean: `parsing`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from memory.documents.form import ESCAPED
from memory.documents.prose import read_prose, read_value, unquoted

HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")

_LINE_END = re.compile(r"\r\n|\n|\r")
_BULLET = re.compile(r" {0,3}[-*+](?:[ \t]+(.*))?")
_NAMED = re.compile(r'("(?:[^"\\]|\\.)*"|[^":`]+?)[ \t]*:(.*)')
_CONTINUED = re.compile(r"(?: {2,}|\t)[ \t]*(\S.*)")
_FENCE = re.compile(r"(`{3,})[ \t]*([^`]*)")


class Fault(Exception):
    """What cannot be read, with its line and what to do about it."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list, its value as it is written."""

    line: int
    name: str
    written: str

    @property
    def value(self) -> str:
        """Raises:
        Fault: a quoted text or a code span that does not end.
        """
        try:
            return read_value(self.written)
        except ValueError as error:
            raise Fault(self.line, f"{self.name}: {error}") from None


def lines_of(text: str) -> list[Line]:
    """The lines of a text, whatever ends them, numbered from 1."""
    split = _LINE_END.split(text.removeprefix("\ufeff"))
    return [Line(number, line) for number, line in enumerate(split, start=1)]


def is_fence(line: Line) -> bool:
    return _FENCE.fullmatch(line.text) is not None


def take_prose(lines: Sequence[Line]) -> tuple[str, Sequence[Line]]:
    """The words above the first list, heading or fence, and the lines from there on."""
    at = 0
    while at < len(lines) and not (_ends_list(lines[at]) or _BULLET.fullmatch(lines[at].text)):
        at += 1
    return read_prose("\n".join(line.text for line in lines[:at])), lines[at:]


def take_list(lines: Sequence[Line]) -> tuple[list[Entry], Sequence[Line]]:
    """The entries above the next heading or fence, and the lines from there on. An indented line belongs to
    the entry above it, as editors wrap long ones.
    """
    entries: list[Entry] = []
    open_entry = False
    for at, line in enumerate(lines):
        if _ends_list(line):
            return entries, lines[at:]
        more = _CONTINUED.fullmatch(line.text)
        if open_entry and more and not _BULLET.fullmatch(line.text):
            last = entries[-1]
            entries[-1] = Entry(last.line, last.name, f"{last.written.rstrip()} {more[1]}")
            continue
        open_entry = bool(line.text.strip())
        if open_entry:
            entries.append(_entry(line))
    return entries, ()


def take_fence(lines: Sequence[Line]) -> tuple[str, Sequence[Line]]:
    """The text in the fence that the first line opens, and the lines below it."""
    opening = _FENCE.fullmatch(lines[0].text)
    assert opening is not None
    closing = re.compile(rf"`{{{len(opening[1])},}}[ \t]*")
    at = next((at for at, line in enumerate(lines) if at and closing.fullmatch(line.text)), None)
    if at is None:
        told = f"this fence is not closed: put {opening[1]} below the last line of the template"
        raise Fault(lines[0].number, told)
    text = "\n".join(line.text for line in lines[1:at])
    if opening[2].strip() != ESCAPED:
        return text, lines[at + 1 :]
    if (whole := unquoted(text.strip())) is None:
        told = f"a fence of `{ESCAPED}` holds one text in double quotes, written as in JSON"
        raise Fault(lines[0].number, told)
    return whole, lines[at + 1 :]


def _ends_list(line: Line) -> bool:
    return is_fence(line) or HEADING.match(line.text) is not None


def _entry(line: Line) -> Entry:
    bullet = _BULLET.fullmatch(line.text)
    if bullet is None:
        told = "words stand above the list, values behind `- name:`, a template in a fence"
        raise Fault(line.number, f"this line belongs to nothing: {told}")
    named = _NAMED.fullmatch(bullet[1] or "")
    name = named and (unquoted(named[1]) if named[1].startswith('"') else named[1])
    if named is None or name is None:
        raise Fault(line.number, "a line of a list is `- name: value` (words may begin with \\-, not with -)")
    return Entry(line.number, name, named[2])
