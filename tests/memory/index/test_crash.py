"""A drain that is killed anywhere leaves nothing that the next one does not finish, with the real Chroma."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def crash(how: str, folder: Path, count: int) -> dict[str, list[int]]:
    command = [sys.executable, "-m", "tests.memory.index.crashing", how, str(folder), str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[int]] = json.loads(done.stdout)
    assert not found["wrong"], done.stderr
    return found


def test_a_drain_killed_at_some_of_its_lines_is_finished_by_the_next(tmp_path: Path) -> None:
    killed = crash("lines", tmp_path, 83)["killed"]
    assert len(killed) > 2


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_drain_killed_at_any_of_its_lines_is_finished_by_the_next(tmp_path: Path) -> None:
    killed = crash("lines", tmp_path, 1)["killed"]
    assert len(killed) > 120


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_drains_and_rebuilds_killed_at_any_time_are_made_good(tmp_path: Path) -> None:
    crash("times", tmp_path, 25)
