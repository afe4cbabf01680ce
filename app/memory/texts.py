"""Texts that a command is given: a file, or standard input for `-`."""

from __future__ import annotations

import sys
from pathlib import Path

from core.errors import UserError


def read_text(file: Path) -> str:
    """The UTF-8 text of a file; of standard input for `-`.

    Raises:
        UserError: it cannot be read, or is no text.
    """
    try:
        if str(file) == "-":
            return sys.stdin.read()
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        name = "standard input" if str(file) == "-" else str(file)
        raise UserError(f"{name} cannot be read: {reason or error}") from None
