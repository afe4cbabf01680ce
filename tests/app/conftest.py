from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.app.terminal import Said, Terminal

LEARN = ("synthetic", "--incident", "1", "--limit", "5", "--json")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(folder=tmp_path)


@dataclass(frozen=True, kw_only=True)
class Taught:
    """A home with a run that learned and, on the same questions, one that read what it learned."""

    terminal: Terminal
    learned: Said
    frozen: Said

    @property
    def runs(self) -> tuple[str, str]:
        return str(self.learned.document["run_id"]), str(self.frozen.document["run_id"])


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """Read it only."""
    terminal = Terminal(folder=tmp_path_factory.mktemp("taught"))
    learned = terminal.ok("bench", "run", *LEARN, "--split", "train", "--memory", "on")
    frozen = terminal.ok("bench", "run", *LEARN, "--split", "train", "--memory", "frozen", "--lane", "auto")
    return Taught(terminal=terminal, learned=learned, frozen=frozen)
