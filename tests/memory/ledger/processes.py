"""Programs of `tests/memory` as processes of their own, over one database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.database import Database

ROOT = Path(__file__).parents[3]
on_disk = pytest.mark.parametrize("database", ["file", "postgres"], indirect=True)
"""For tests whose database other processes open."""
in_a_file = pytest.mark.parametrize("database", ["file"], indirect=True)
"""For short ones, of which a slow test is the longer, on PostgreSQL too."""


def url_of(database: Database) -> str:
    """The database as another process opens it."""
    return database.url.render_as_string(hide_password=False)


def command(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", f"tests.memory.{program}", *map(str, arguments)]


def run(program: str, *arguments: object, timeout: float = 50) -> list[Any]:
    """Run a program to its end; the JSON lines that it wrote."""
    return run_all([command(program, *arguments)], timeout=timeout)[0]


def run_all(commands: Sequence[Sequence[str]], *, timeout: float = 50) -> list[list[Any]]:
    """Run programs side by side to their ends; the JSON lines of each."""
    processes = [subprocess.Popen(each, cwd=ROOT, stdout=subprocess.PIPE, text=True) for each in commands]
    try:
        outputs = [process.communicate(timeout=timeout)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert [process.returncode for process in processes] == [0] * len(processes)
    return [[json.loads(line) for line in output.splitlines()] for output in outputs]
