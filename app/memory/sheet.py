"""What a command prints for people: wrapped and coloured in a terminal, whole plain lines in a pipe.

All text is data: no markup is read in it, and a character that could steer the terminal is written out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from app.memory.words import Piece

PIPE_WIDTH = 1_000_000
"""Nothing is wrapped in a pipe: who reads there cuts lines, or looks for a text that a break would hide."""
INDENT = 4

BAD, GOOD, DIM, STRONG = "red", "green", "dim", "bold"
STYLES = {
    "active": GOOD,
    "candidate": "yellow",
    "quarantined": BAD,
    "retired": DIM,
    "human": "cyan",
    "pinned": "cyan",
}
"""How single words are coloured wherever they stand as a part of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`right` for numbers; a `wide` column wraps its text where the terminal is narrow, others never do."""

    name: str
    right: bool = False
    wide: bool = False


class Sheet:
    """Gathers lines and tables, and writes them to standard output at once.

    With `colours` off nothing is coloured, in a terminal either.
    """

    def __init__(self, *, colours: bool = True) -> None:
        from rich.console import Console

        self._terminal = sys.stdout.isatty()
        self._console: Console = Console(
            file=sys.stdout,
            force_terminal=self._terminal,
            no_color=not colours,
            width=None if self._terminal else PIPE_WIDTH,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=False,
        )
        self.coloured = self._terminal and colours and self._console.color_system is not None
        self._parts: list[RenderableType] = []

    def line(self, *parts: str | Text, indent: int = 0, style: str = "") -> None:
        """Parts with two blanks between them, on one line where it is wide enough."""
        from rich.padding import Padding
        from rich.text import Text

        texts = [self.text(part, style) if isinstance(part, str) else part for part in parts if part]
        joined = Text("  ", overflow="fold").join(texts)
        self._parts.append(Padding(joined, (0, 0, 0, indent), expand=False) if indent else joined)

    def words(self, text: str, *, indent: int = INDENT, style: str = "") -> None:
        """A text of memory, its own line breaks kept."""
        for each in text.splitlines() or [""]:
            self.line(self.text(each, style), indent=indent)

    def blank(self) -> None:
        from rich.text import Text

        self._parts.append(Text(""))

    def facts(self, facts: Iterable[tuple[str, str]], *, indent: int = 0) -> None:
        """Names and what they are, side by side; what is empty is left out."""
        rows = [(name, value) for name, value in facts if value]
        self.table((Column(name=""), Column(name="", wide=True)), rows, indent=indent)

    def table(
        self, columns: Sequence[Column], rows: Iterable[Sequence[str | Text]], *, indent: int = 0
    ) -> None:
        """Columns with two blanks between them; their names stand above unless all are empty."""
        from rich.padding import Padding
        from rich.table import Table

        grid = Table(
            box=None,
            padding=(0, 2, 0, 0),
            pad_edge=False,
            show_header=any(column.name for column in columns),
            header_style=DIM if self.coloured else "",
        )
        for column in columns:
            grid.add_column(
                column.name,
                justify="right" if column.right else "left",
                no_wrap=not column.wide,
                overflow="fold",
            )
        for row in rows:
            grid.add_row(*(self.text(cell) if isinstance(cell, str) else cell for cell in row))
        self._parts.append(Padding(grid, (0, 0, 0, indent), expand=False))

    def text(self, text: str, style: str = "") -> Text:
        """A text of memory on one line, harmless; words of standing have colours of their own."""
        from rich.text import Text

        return Text(harmless(text), style=style or STYLES.get(text, ""), overflow="fold")

    def difference(self, pieces: Iterable[Piece]) -> Text:
        """What is gone and what is new: by colour, or by `[-gone-]{+new+}` where there is none."""
        from rich.text import Text

        from app.memory.words import Mark, marked

        if not self.coloured:
            return Text(harmless(marked(pieces)), overflow="fold")
        styles = {Mark.SAME: "", Mark.GONE: f"{BAD} strike", Mark.NEW: f"{GOOD} underline"}
        return Text("", overflow="fold").join(
            Text(harmless(piece.text), style=styles[piece.mark]) for piece in pieces
        )

    def print(self) -> None:
        """Write all of it; lines do not end in blanks."""
        with self._console.capture() as captured:
            for part in self._parts:
                self._console.print(part)
        self._parts = []
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def harmless(text: str) -> str:
    """The text on one line, with every character that cannot be seen written as an escape like `\\x1b`.

    Escape sequences, marks that turn the direction of writing and the like would show something else than
    what is stored.
    """
    from memory.gates.hidden import escaped

    return escaped(" ".join(text.splitlines()).replace("\t", " "))
