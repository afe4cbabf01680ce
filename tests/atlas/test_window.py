"""Texts within a token budget, transcripts, fences."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from atlas.window import cut_text, render_transcript
from core.episode import Action, AttemptStatus, Episode, Observation, Step
from core.fences import fence_for
from core.tokens import count_tokens
from tests.atlas.parts import make_task


def long_episode(steps: int, observation: str) -> Episode:
    made = tuple(
        Step(
            index=i, action=Action(tool="sql", text=f"SELECT {i}"), observation=Observation(text=observation)
        )
        for i in range(steps)
    )
    return Episode(task=make_task(), number=0, steps=made, answer="x", status=AttemptStatus.SUBMITTED)


@given(st.text(max_size=400), st.integers(min_value=1, max_value=60))
def test_cut_text_keeps_a_head_within_the_budget(text: str, tokens: int) -> None:
    head = cut_text(text, tokens).split("\n[cut: ")[0]
    assert text.startswith(head)
    assert head == text or count_tokens(head) <= tokens


def test_a_short_text_is_not_cut() -> None:
    assert cut_text("short", 100) == "short"


def test_a_cut_says_how_much_is_missing() -> None:
    assert cut_text("word " * 1000, 10).endswith("more characters]")


def test_a_transcript_shows_every_step_within_its_budget() -> None:
    text = render_transcript(long_episode(10, "row " * 5000), 3000)
    assert all(f"sql[SELECT {i}]" in text for i in range(10))
    assert count_tokens(text) < 3600


def test_with_too_many_steps_the_middle_is_left_out() -> None:
    text = render_transcript(long_episode(100, "row " * 500), 1000)
    assert "steps left out" in text
    assert "sql[SELECT 0]" in text
    assert "sql[SELECT 99]" in text
    assert count_tokens(text) < 1300


@given(st.text(max_size=100))
def test_a_text_does_not_know_its_own_fence(text: str) -> None:
    assert fence_for(text) not in text
