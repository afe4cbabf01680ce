"""Notes and drafts that give a value away are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.leaks import reveals_answer, reveals_observed_value, safe_notes
from core.episode import Action, AttemptStatus, Episode, Observation, Step
from tests.atlas.parts import make_task


def episode(answer: str | None, observed: str = "", prompt: str = "Which host?") -> Episode:
    step = Step(index=0, action=Action(tool="sql", text="SELECT 1"), observation=Observation(text=observed))
    status = AttemptStatus.SUBMITTED if answer is not None else AttemptStatus.LIMIT
    return Episode(task=make_task(prompt=prompt), number=0, steps=(step,), answer=answer, status=status)


@pytest.mark.parametrize(
    ("note", "answer"),
    [
        ("The answer is jdoe.", "jdoe"),
        ("THE ANSWER IS JDOE", "jdoe"),
        ("Was it 10.0.0.7?", "It was 10.0.0.7 at night"),
        ("Look for evil.exe", "process evil.exe, id 4711"),
        ("user jane@corp.example", "Jane (jane@corp.example)"),
    ],
)
def test_a_note_with_the_answer_is_cut(note: str, answer: str) -> None:
    assert safe_notes([note], episode(answer)) == ()


@pytest.mark.parametrize(
    ("note", "observed", "prompt", "kept"),
    [
        ("See 10.0.0.7", "[('10.0.0.7',)]", "Which host?", False),
        ("See 10.0.0.7", "[('10.0.0.7',)]", "Which host did 10.0.0.7 reach?", True),
        ("See 10.0.0.7", "nothing of it", "Which host?", True),
        ("Look at host web-win10r.", "[('WEB-WIN10R',)]", "Which host?", False),
        ("Join `DeviceEvents` and AlertInfo.", "[('DeviceEvents',), ('AlertInfo',)]", "Which host?", True),
        ("Read 2 tables or more.", "2 rows in 2 tables", "Which host?", True),
    ],
)
def test_a_note_with_a_value_seen_only_in_observations_is_cut(
    note: str, observed: str, prompt: str, kept: bool
) -> None:
    assert reveals_observed_value(note, episode("x", observed, prompt)) is not kept


def test_an_attempt_without_an_answer_reveals_none() -> None:
    assert not reveals_answer("anything", episode(None))


def test_a_short_answer_is_no_reason_to_cut() -> None:
    assert not reveals_answer("Count 5 rows.", episode("5"))


@given(answer=st.text(max_size=40).map(str.strip).filter(lambda s: len(s.strip(".").strip()) >= 3))
def test_a_note_that_quotes_the_submission_never_passes(answer: str) -> None:
    assert safe_notes([f'Submit "{answer}" again'], episode(answer)) == ()
