"""Which words of a text are gone and which are new: a difference that reads like the text itself."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

LEAST_KEPT = 0.3
"""The share of letters that two texts have in common; with less they are shown one after the other."""

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")


class Mark(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some words and what became of them."""

    mark: Mark
    text: str


def word_diff(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces in reading order, what is gone before what took its place.

    All that is not new, joined, is `before`; all that is not gone is `after`. No piece is empty.
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    pieces: list[Piece] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        gone, came = "".join(old[start:end]), "".join(new[new_start:new_end])
        if tag == "equal":
            pieces.append(Piece(mark=Mark.SAME, text=gone))
        else:
            pieces += [Piece(mark=Mark.GONE, text=gone), Piece(mark=Mark.NEW, text=came)]
    joined = tuple(_joined(_without_gaps(pieces)))
    kept = sum(len(piece.text) for piece in joined if piece.mark is Mark.SAME)
    if kept < LEAST_KEPT * max(len(before), len(after)):
        joined = tuple(_joined([Piece(mark=Mark.GONE, text=before), Piece(mark=Mark.NEW, text=after)]))
    return joined


def marked(pieces: Iterable[Piece]) -> str:
    """The difference without colours: `[-gone-]` and `{+new+}`."""
    signs = {Mark.SAME: ("", ""), Mark.GONE: ("[-", "-]"), Mark.NEW: ("{+", "+}")}
    return "".join(f"{signs[piece.mark][0]}{piece.text}{signs[piece.mark][1]}" for piece in pieces)


def _without_gaps(pieces: list[Piece]) -> list[Piece]:
    """A blank between two changes counts as changed: a rewritten phrase is one change, not many."""
    found = []
    for position, piece in enumerate(pieces):
        inside = 0 < position < len(pieces) - 1
        if piece.mark is Mark.SAME and piece.text.isspace() and inside:
            found += [replace(piece, mark=Mark.GONE), replace(piece, mark=Mark.NEW)]
        else:
            found.append(piece)
    return found


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbouring changes become one piece of what is gone and one of what is new."""
    found: list[Piece] = []
    gone = new = ""
    for piece in [*pieces, Piece(mark=Mark.SAME, text="")]:
        if piece.mark is Mark.GONE:
            gone += piece.text
        elif piece.mark is Mark.NEW:
            new += piece.text
        else:
            found += [Piece(mark=Mark.GONE, text=gone), Piece(mark=Mark.NEW, text=new), piece]
            gone = new = ""
    return [piece for piece in found if piece.text]
