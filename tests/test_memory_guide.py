"""The guide to memory runs: its Python blocks, in their order, print what it shows."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "memory.md"
_FENCE = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text and the line at which the text begins."""

    language: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    for found in _FENCE.finditer(page):
        yield Block(found[2], found[3], page.count("\n", 0, found.start(3)) + 1)


def run(page: str) -> None:
    """Execute the blocks; what one prints must stand in the text block that follows it."""
    names: dict[str, Any] = {"__name__": "guide"}
    printed = ""
    for block in blocks(page):
        if block.language == "python":
            assert printed == "", f"line {block.line}: what was printed before is not shown"
            out = io.StringIO()
            code = compile("\n" * (block.line - 1) + block.text, "docs/memory.md", "exec")
            with contextlib.redirect_stdout(out):
                exec(code, names)
            printed = out.getvalue()
        elif block.language == "text":
            assert printed == block.text, f"line {block.line}: this is not what is printed"
            printed = ""
    assert printed == "", "what was printed last is not shown"


def test_the_guide_does_what_it_says(tmp_path: Path) -> None:
    page = GUIDE.read_text(encoding="utf-8")
    with contextlib.chdir(tmp_path):
        run(page)
    languages = {block.language for block in blocks(page)}
    assert languages <= {"python", "text", "markdown"}
    assert sum(block.language == "python" for block in blocks(page)) >= 12


@pytest.mark.parametrize(
    "page",
    [
        "```python\nprint(1)\n```\n```text\n2\n```\n",
        "```python\nprint(1)\n```\n",
        "```python\nprint(1)\n```\n```python\nx = 1\n```\n",
        "```text\n1\n```\n",
        "```python\nassert 1 == 2\n```\n",
    ],
)
def test_a_guide_that_shows_something_else_is_found_out(page: str) -> None:
    with pytest.raises(AssertionError):
        run(page)
