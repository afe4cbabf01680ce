"""JSON Lines as text."""

from __future__ import annotations


def numbered_lines(text: str) -> list[tuple[int, str]]:
    r"""The lines that hold something, counted from 1. Only a line feed ends one.

    `str.splitlines` also cuts at U+2028 and six other signs, which JSON lets stand within a string.
    """
    return [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
