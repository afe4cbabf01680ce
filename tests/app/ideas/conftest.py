"""A terminal and a few papers for the commands of ideas."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.app.terminal import Terminal
from tests.ideation.things import FEW, TOPIC


@pytest.fixture
def desk(tmp_path: Path) -> Terminal:
    return Terminal(folder=tmp_path, variables={"ATLAS_EMBEDDER": "lexical"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run that is over, in a home of its own; tests read it and do not change it."""

    desk: Terminal
    papers: Path
    folder: Path
    words: tuple[str | Path, ...]
    document: dict[str, object]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    home = tmp_path_factory.mktemp("finished")
    desk = Terminal(folder=home, variables={"ATLAS_EMBEDDER": "lexical"})
    file = write_papers(home)
    words = ("ideas", "run", TOPIC, "--corpus", file, "--n", "8", "--comparisons", "30")
    said = desk.ok(*words, "--json").document
    return Finished(desk=desk, papers=file, folder=Path(str(said["folder"])), words=words, document=said)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return write_papers(tmp_path)


def write_papers(folder: Path) -> Path:
    path = folder / "papers.json"
    path.write_text(
        json.dumps(
            [
                [
                    f"{means.capitalize()} for {problem}",
                    f"A challenge of {problem} is that they fail early. We propose {means} by two steps."
                    f" {measure.capitalize()} was measured over months.",
                ]
                for problem, means, measure in FEW
            ]
        )
    )
    return path
