from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

QUESTION: dict[str, object] = {
    "context": "An alert was raised on `host-a`.",
    "question": "Which account?",
    "answer": "gold-ada",
    "solution": ["The host is `host-a`", "The address is `198.51.100.7`", "The account is `gold-ada`"],
    "start_alert": 137,
    "end_alert": 136,
    "start_entities": [1],
    "end_entities": [2],
    "shortest_alert_path": [137, 1, 136],
}
PEOPLE = ({"columns": ["AccountName", "Team"], "known_total": 2}, ["ada", "red"], ["bob", None])


def write_lines(path: Path, lines: Sequence[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(line) + "\n" for line in lines)


def write_questions(root: Path, split: str, questions: object) -> Path:
    path = root / "questions" / "o1_v0" / split / "incident_7_qa_incident_o1-ga_c42.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(questions), encoding="utf-8")
    return path


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder of one incident with two tables, one of them without rows."""
    root = tmp_path / "data"
    write_questions(root, "test", [QUESTION, QUESTION])
    write_questions(root, "train", [QUESTION])
    write_lines(root / "recon_rows" / "incident_7" / "People.jsonl.gz", PEOPLE)
    mined = root / "mined"
    mined.mkdir()
    contents = {
        "tables_by_incident_and_layer": {"7|incident_db|alert": ["People", "Hosts", "Unknown"]},
        "schemas": {
            "Hosts": [{"columns": ["Old"], "seen_in": ["9"]}, {"columns": ["HostName"], "seen_in": ["7"]}]
        },
        "rowcounts_known": {"7": {"People": 2, "Hosts": 40}},
    }
    for name, content in contents.items():
        (mined / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return root


@pytest.fixture
def log(data_dir: Path) -> Callable[[Sequence[tuple[str, str]]], None]:
    """Writes the incident's log of statements and what the server said."""

    def write(pairs: Sequence[tuple[str, str]]) -> None:
        lines = [{"sql": sql, "obs": obs[:1500], "obs_len": len(obs)} for sql, obs in pairs]
        write_lines(data_dir / "replay_cache" / "incident_7.jsonl.gz", lines)

    return write
