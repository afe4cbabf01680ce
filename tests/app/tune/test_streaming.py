"""Task after task from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from core.adapters import SftExample, write_examples  # noqa: E402
from tests.adaptation.made_model import turns  # noqa: E402
from tests.app.tune.conftest import Tuned  # noqa: E402

WORDS = {"north": "red", "south": "blue", "west": "grey"}


def stream_file(folder: Path, incidents: dict[str, str] = WORDS, questions: int = 4) -> Path:
    """Incidents whose questions each have one answer, another one in each incident."""
    rows = [
        SftExample(messages=turns(f"Case {n}: colour?", answer), about={"incident": name})
        for name, answer in incidents.items()
        for n in range(questions)
    ]
    file = folder / "stream.jsonl"
    write_examples(file, rows)
    return file


def test_each_learner_goes_through_the_incidents_in_order(tuned: Tuned, tmp_path: Path) -> None:
    words = ("--base", tuned.model, "--data", stream_file(tmp_path), "--steps", "12", "--json")
    found: Any = tuned.terminal.ok("tune", "continual", *words, "--learners", "sequential, replay").document
    assert found["tasks"] == [f"incident={name}" for name in WORDS]
    assert list(found["learners"]) == ["sequential", "replay"]
    for each in found["learners"].values():
        rows, before = each["scores"], each["before"]
        assert [len(row) for row in rows] == [3, 3, 3]
        assert each["average"] == pytest.approx(sum(rows[2]) / 3)
        assert each["backward_transfer"] == pytest.approx(
            (rows[2][0] - rows[0][0] + rows[2][1] - rows[1][1]) / 2
        )
        assert each["forward_transfer"] == pytest.approx(
            (rows[0][1] - before[1] + rows[1][2] - before[2]) / 2
        )
        assert rows[0][0] > before[0], "nothing was learned"
    first, other = found["learners"].values()
    assert first["before"] == other["before"], "the second learner did not begin with the bare base"
    assert first["scores"] != other["scores"]
    again = tuned.terminal.ok("tune", "continual", *words, "--learners", "replay").document
    assert again["learners"] == {"replay": other}


def test_a_table_is_printed(tuned: Tuned, tmp_path: Path) -> None:
    words = ("--base", tuned.model, "--data", stream_file(tmp_path), "--steps", "2", "--learners", "ewc,gem")
    said = tuned.terminal.ok("tune", "continual", *words)
    lines = said.out.splitlines()
    assert lines[0] == "lora over 3 tasks: incident=north, incident=south, incident=west"
    assert [line.split()[0] for line in lines[1:]] == ["learner", "ewc", "gem"]
    assert "gem: task 3 of 3" in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--learners", "luck"), "no learner 'luck': choose of sequential, replay, ewc, gem"),
        (("--learners", ","), "no learner ''"),
        (("--method", "poly"), "poly has one delta a task: choose another method"),
        (("--method", "corda"), "corda is planned from data that a stream does not have yet"),
        (("--method", "lisa", "--learners", "ewc"), "lisa trains other tensors as it goes on"),
    ],
)
def test_wrong_use_is_one_line(words: tuple[str, ...], told: str, tuned: Tuned, tmp_path: Path) -> None:
    file = stream_file(tmp_path)
    said = tuned.terminal.run(
        "tune", "continual", "--base", tuned.model, "--data", file, "--steps", "1", *words
    )
    assert said.status == 2
    assert told in said.err


def test_data_that_make_no_stream_are_told(tuned: Tuned, tmp_path: Path) -> None:
    asked = ("tune", "continual", "--base", tuned.model, "--data")
    one = stream_file(tmp_path, {"north": "red"})
    assert "the examples are of 1 group" in tuned.terminal.run(*asked, one).err
    single = stream_file(tmp_path, questions=1)
    assert "incident=north has one question only" in tuned.terminal.run(*asked, single).err
