from __future__ import annotations

import json

import pytest

from app.output import print_json

STEERING = "\x1b[2J \x7f \x9b31m \u202egnp.exe\u202c \u2066 \u200b \u2028 \ufeff \ud800 \U000e0041"


def test_no_json_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """C1 controls and marks of direction went out as they were."""
    document = {"content": STEERING, STEERING: ["über 表 😀\ttab\n", 1.5, None]}
    print_json(document)
    out = capsys.readouterr().out
    assert json.loads(out) == document
    assert out.replace("\n", "").isprintable()
    assert "über 表 😀" in out
