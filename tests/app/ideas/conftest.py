"""A terminal and a few papers for the commands of ideas."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.ideas.papers import FACTS
from tests.app.terminal import Terminal


@pytest.fixture
def desk(tmp_path: Path) -> Terminal:
    return Terminal(folder=tmp_path, variables={"ATLAS_EMBEDDER": "lexical"})


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    path = tmp_path / "papers.json"
    path.write_text(
        json.dumps(
            [
                [
                    f"{means.capitalize()} for {problem}",
                    f"A challenge of {problem} is that they fail early. We propose {means} by two steps."
                    f" {measure.capitalize()} was measured over months.",
                ]
                for problem, means, measure in FACTS
            ]
        )
    )
    return path
