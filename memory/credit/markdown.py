"""Tables of figures as Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with right-aligned columns, padded so that it reads as plain text too."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    rule = [f"{'-' * (width - 1)}:" for width in widths]
    lines = (
        "| " + " | ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (header, rule, *rows)
    )
    return "\n".join(lines) + "\n"
