"""`atlas bench`: what it prints, where, and how it ends."""

from __future__ import annotations

import json

import pytest

from tests.app.conftest import Taught
from tests.app.invented import INCIDENT, make_data
from tests.app.terminal import Terminal

RUN_KEYS = {
    *(
        "run_id",
        "benchmark",
        "question_set",
        "incidents",
        "n",
        "success",
        "success_ci95",
        "reward",
        "unscored",
    ),
    *("steps_per_task", "queries_per_task", "tokens", "cost_usd", "cost_known", "wall_seconds", "memory"),
    "errors",
}
BUCKETS = {"input", "cache_read", "cache_write", "output", "reasoning"}
SYNTHETIC = ("bench", "run", "synthetic", "--incident", "2")


def test_a_run_is_one_json_document_with_progress_beside_it(taught: Taught) -> None:
    said = taught.learned
    document = said.document
    assert set(document) >= RUN_KEYS
    assert (document["benchmark"], document["incidents"], document["n"]) == ("synthetic", [1], 5)
    assert said.err.splitlines()[0] == f"run {document['run_id']}"
    assert "5/5" in said.err


def test_the_memory_of_a_run_is_told(taught: Taught) -> None:
    learned, frozen = (said.document["memory"] for said in (taught.learned, taught.frozen))
    assert isinstance(learned, dict)
    assert isinstance(frozen, dict)
    assert set(learned) >= {"mode", "items_before", "items_after", "snapshot"}
    assert (learned["mode"], learned["items_before"]) == ("on", 0)
    assert learned["items_after"] > 0
    assert frozen["mode"] == "frozen"
    assert frozen["items_before"] == frozen["items_after"] == learned["items_after"]


def test_a_run_as_text(terminal: Terminal) -> None:
    said = terminal.ok(*SYNTHETIC, "--limit", "2", "--workers", "2")
    assert "2 of 2 tasks" in said.out
    assert "note: " in said.out
    assert said.out.splitlines()[-1].startswith("incident_2")


def test_the_same_seed_gives_the_same_figures(taught: Taught, terminal: Terminal) -> None:
    words = ("bench", "run", "synthetic", "--incident", "1", "--limit", "5", "--split", "train")
    again = terminal.ok(*words, "--memory", "on", "--json").document
    for key in ("n", "success", "reward", "queries_per_task", "memory"):
        assert again[key] == taught.learned.document[key]


def test_a_tiny_data_folder_is_worked(terminal: Terminal) -> None:
    data = make_data(terminal.folder / "data")
    document = terminal.ok("bench", "run", "excytin", "--data", data, "--json").document
    assert (document["incidents"], document["n"], document["errors"]) == ([INCIDENT], 3, 0)


def test_a_callable_is_a_student_and_its_failures_are_data(terminal: Terminal) -> None:
    for name, errors, status in (("loud", 0, 0), ("failing", 2, 1)):
        words = ("--limit", "2", "--student", f"python:tests.app.students:{name}", "--json")
        said = terminal.run(*SYNTHETIC, *words)
        document = said.document
        assert (document["n"], document["success"], document["errors"]) == (2, 0.0, errors)
        assert said.status == status, "a run in which no task could be worked has failed"


def test_report_reads_the_run_again(taught: Taught) -> None:
    reports = json.loads(taught.terminal.ok("bench", "report", *taught.runs, "--json").out)
    assert reports == [taught.learned.document, taught.frozen.document]
    text = taught.terminal.ok("bench", "report", *taught.runs).out
    assert all(run in text for run in taught.runs)


def test_compare_pairs_two_runs(taught: Taught) -> None:
    document = taught.terminal.ok("bench", "compare", *taught.runs, "--json").document
    assert document["n"] == 5
    assert {"first", "second", "difference", "difference_ci95", "gained", "lost"} <= set(document)
    assert "5" in taught.terminal.ok("bench", "compare", *taught.runs).out


def test_the_leaderboard_has_every_run_best_first(taught: Taught, terminal: Terminal) -> None:
    runs = taught.terminal.ok("bench", "leaderboard", "--json").document["runs"]
    assert isinstance(runs, list)
    assert {run["run_id"] for run in runs} == set(taught.runs)
    assert [run["success"] for run in runs] == sorted((run["success"] for run in runs), reverse=True)
    text = taught.terminal.ok("bench", "leaderboard").out
    assert all(run in text for run in taught.runs)
    assert "no runs yet" in terminal.ok("bench", "leaderboard").out
    assert terminal.contents() == {}


@pytest.mark.parametrize("as_json", [True, False])
def test_transfer_learns_on_some_and_tests_on_others(terminal: Terminal, as_json: bool) -> None:
    words = ("--learn", "1", "--test", "2", "--limit", "3", *(["--json"] if as_json else []))
    said = terminal.ok("bench", "transfer", "synthetic", *words)
    assert [line.partition(":")[0] for line in said.err.splitlines()] == ["off", "learn", "frozen"]
    if not as_json:
        assert "tested on" in said.out
        return
    overall = said.document["overall"]
    folds = said.document["folds"]
    assert isinstance(folds, list)
    (fold,) = folds
    assert (fold["learn"], fold["test"], fold["order"], fold["n"]) == ([1], [2], 0, 3)
    assert isinstance(overall, dict)
    for part in (fold, overall):
        assert {"n", "off", "frozen", "difference", "difference_ci95"} <= set(part)
        assert set(part["off"]) >= {"success", "queries_per_task"}
        assert set(part["frozen"]) >= {"success", "queries_per_task"}
