"""A tiny folder in the form of the ExCyTIn data, all of its values invented."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

INCIDENT = 7
TABLE = "SecurityAlert"
COLUMNS = ("TimeGenerated", "AlertName", "CompromisedEntity", "Entities")
ROWS = tuple(
    (
        f"2024-06-{day:02} 09:00:00",
        f"Invented alert {day}",
        f"lab-host{day:02}",
        json.dumps(
            [{"HostName": f"lab-host{day:02}", "Type": "host"}, {"Address": f"192.0.2.{day}", "Type": "ip"}]
        ),
    )
    for day in range(1, 9)
)


def make_question(day: int, answer: str | None = None, steps: Sequence[str] = ()) -> dict[str, object]:
    """Which address was seen with a host; the right answer unless another is given."""
    return {
        "context": f"An invented alert was raised on 2024-06-{day:02}.",
        "question": f"Which IP address was seen with the host `lab-host{day:02}`?",
        "answer": answer or f"192.0.2.{day}",
        "solution": [*steps, f"The alert of `lab-host{day:02}` names the address."],
        "start_alert": day,
        "end_alert": day + 1,
        "start_entities": [day],
        "end_entities": [day + 1],
        "shortest_alert_path": [day, day + 20, day + 1],
    }


def make_data(
    folder: Path,
    train: Sequence[Mapping[str, object]] | None = None,
    test: Sequence[Mapping[str, object]] | None = None,
) -> Path:
    """Write the folder: one incident, one table with rows and one without."""
    halves = {
        "train": train or [make_question(day) for day in (1, 2, 3)],
        "test": test or [make_question(day) for day in (5, 6, 7)],
    }
    for split, questions in halves.items():
        write_json(question_file(folder, split), questions)
    rows_file(folder).parent.mkdir(parents=True)
    lines = [{"columns": COLUMNS, "known_total": len(ROWS)}, *ROWS]
    rows_file(folder).write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    mined = folder / "mined"
    write_json(
        mined / "tables_by_incident_and_layer.json", {f"{INCIDENT}|incident_db|alert": [TABLE, "Usage"]}
    )
    write_json(mined / "schemas.json", {})
    write_json(mined / "rowcounts_known.json", {str(INCIDENT): {TABLE: len(ROWS)}})
    return folder


def question_file(folder: Path, split: str) -> Path:
    name = f"incident_{INCIDENT}_qa_incident_o1-ga_c42.json"
    return folder / "questions" / "o1_v0" / split / name


def rows_file(folder: Path) -> Path:
    return folder / "recon_rows" / f"incident_{INCIDENT}" / f"{TABLE}.jsonl.gz"


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
