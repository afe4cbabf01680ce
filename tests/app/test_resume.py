"""A run that is stopped in the middle goes on where it was: no task is lost, none is worked twice."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from tests.app.terminal import Said, Terminal

LIMIT = 5
WORDS = (
    "bench",
    "run",
    "synthetic",
    "--incident",
    "1",
    "--limit",
    str(LIMIT),
    "--student",
    "python:tests.app.students:slow",
)


def finished(terminal: Terminal) -> dict[str, float]:
    """Tasks that are done, with the time that each took."""
    file = terminal.home / "atlas.sqlite3"
    if not file.is_file():
        return {}
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        try:
            return dict(database.execute("SELECT key, wall_seconds FROM tasks WHERE status = 'done'"))
        except sqlite3.OperationalError:  # the tables are being made
            return {}


def stop_in_the_middle(terminal: Terminal, sign: signal.Signals) -> Said:
    with terminal.start(*WORDS) as process:
        deadline = time.monotonic() + 30
        while len(finished(terminal)) < 2 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(sign)
        out, err = process.communicate(timeout=20)
    return Said(status=process.returncode, out=out, err=err)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_goes_on(terminal: Terminal, sign: signal.Signals) -> None:
    stopped = stop_in_the_middle(terminal, sign)
    before = finished(terminal)
    assert 2 <= len(before) < LIMIT
    run = stopped.err.splitlines()[0].removeprefix("run ")
    if sign is signal.SIGINT:
        assert stopped.status == 130
        assert stopped.out == ""
        assert stopped.err.splitlines()[-1].startswith("atlas: interrupted")
        assert stopped.err.endswith(f"--resume {run}\n")
    resumed = terminal.ok(*WORDS, "--resume", run, "--json").document
    assert (resumed["run_id"], resumed["n"], resumed["planned"]) == (run, LIMIT, LIMIT)
    assert (resumed["status"], resumed["errors"]) == ("done", 0)
    after = finished(terminal)
    assert len(after) == LIMIT
    assert {key: after[key] for key in before} == before, "a finished task is not worked again"


def test_a_done_run_and_other_settings_are_refused(terminal: Terminal) -> None:
    words = (*WORDS[:5], "--limit", "1")
    run = json.loads(terminal.ok(*words, "--json").out)["run_id"]
    for more, complaint in (((), "is done"), (("--max-steps", "3"), "other settings: max_steps")):
        said = terminal.run(*words, *more, "--resume", run)
        assert said.status == 2
        assert said.err.startswith(f"atlas: run {run}")
        assert complaint in said.err
