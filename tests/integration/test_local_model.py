"""A real small model in the process, from the command line to the report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.house import House
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
STEPS = 6
ASKED = ("--limit", "3", "--max-steps", str(STEPS), "--json")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_local_model_works_synthetic_questions(
    gguf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    words = ("bench", "run", "synthetic", "--student", f"local:{gguf}", "--teacher", "offline", *ASKED)
    own = {"PYTHONPATH": str(ROOT), "ATLAS_HOME": str(home), "HOME": str(tmp_path)}
    own["ATLAS_LOCAL_CONTEXT_TOKENS"] = "4096"
    done = subprocess.run(
        [sys.executable, "-m", "app.main", *words],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **own},  # noqa: TID251
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    rows = stored(home, document["run_id"])
    with capsys.disabled():
        figures = ("n", "success", "submit_rate", "queries_per_task", "tokens", "errors", "wall_seconds")
        print({name: document[name] for name in figures})  # noqa: T201
    check_figures(document, rows)
    check_actions(rows)


def stored(home: Path, run_id: str) -> dict[str, list[dict[str, Any]]]:
    with House(Settings(home=home), reading=True) as house:
        lines = [json.loads(line) for line in house.store.export(run_id)]
    tables: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        tables.setdefault(line["table"], []).append(line["row"])
    return tables


def check_figures(document: dict[str, Any], rows: dict[str, list[dict[str, Any]]]) -> None:
    tokens, calls = document["tokens"]["student"], rows["calls"]
    assert (document["n"], document["errors"], document["unscored"]) == (3, 0, 0)
    assert 0 <= document["success"] <= 1
    assert tokens["input"] > 0
    assert tokens["output"] > 0
    assert tokens["output"] == sum(call["output_tokens"] for call in calls)
    assert (document["cost_known"], document["cost_usd"]) == (True, 0.0)
    assert {attempt["status"] for attempt in rows["attempts"]} <= {"submitted", "limit"}
    assert document["success"] == sum(bool(score["success"]) for score in rows["scores"]) / 3


def check_actions(rows: dict[str, list[dict[str, Any]]]) -> None:
    """Every reply that came to its own end is an action object over the tools that were offered."""
    ended = [call for call in rows["calls"] if call["reply"]["finish_reason"] == "stop"]
    assert ended
    for call in ended:
        action = json.loads(call["reply"]["text"])
        offered = call["request"]["json_schema"]["properties"]["tool"]["enum"]
        assert set(action) == {"thought", "tool", "text"}
        assert action["tool"] in offered
    assert any(step["tool"] == "sql" for step in rows["steps"])
    assert max(step["position"] for step in rows["steps"]) < STEPS
