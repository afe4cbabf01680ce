from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from app.output import print_json
from tests.app.terminal import ROOT, Terminal

STEERING = "\x1b[2J \x7f \x9b31m \u202egnp.exe\u202c \u2066 \u200b \u2028 \ufeff \ud800 \U000e0041"


def test_no_json_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """C1 controls and marks of direction went out as they were."""
    document = {"content": STEERING, STEERING: ["über 表 😀\ttab\n", 1.5, None]}
    print_json(document)
    out = capsys.readouterr().out
    assert json.loads(out) == document
    assert out.replace("\n", "").isprintable()
    assert "über 表 😀" in out


def test_messages_show_from_the_severity_that_was_asked_for() -> None:
    told = "log_from('info'); tell('memory.x', 'seen'); tell('chromadb', 'not ours'); print('result')"
    tell = "tell = lambda name, text: logging.getLogger(name).info(text)"
    program = f"import logging; from app.output import log_from; {tell}; {told}"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("result\n", "atlas: INFO: seen\n")


@pytest.mark.parametrize(("level", "severity"), [("debug", logging.DEBUG), ("", logging.WARNING)])
def test_every_command_follows_the_log_level(terminal: Terminal, level: str, severity: int) -> None:
    """The setting was read, and nothing followed it."""
    Terminal(folder=terminal.folder, variables={"ATLAS_LOG_LEVEL": level}).run("memory", "list")
    assert logging.getLogger("memory").level == severity
