"""The checkpointed state of one task: ids and small values, of types that strict msgpack reads."""

from __future__ import annotations

from typing import TypedDict


class AtlasState(TypedDict, total=False):
    """A node returns the fields that it sets. Text enums stand as their values.

    `items` and `teacher_items` are ids of what was shown; `attempts` counts finished attempts, which bear the
    numbers 0, 1, ...; `verdict`, `reasons` and `review_notes` are of the last review; `reward` is the judge's
    and `learning_reward` what memory learns from; `drafts` is JSON of what was distilled, not yet learned.
    """

    lane: str
    cues: list[str]
    items: list[str]
    teacher_items: list[str]
    notes: list[str]
    attempts: int
    verdict: str
    reasons: list[str]
    review_notes: list[str]
    reward: float | None
    learning_reward: float | None
    drafts: str


def initial_state() -> AtlasState:
    """A state in which nothing has happened."""
    return AtlasState(
        lane="",
        cues=[],
        items=[],
        teacher_items=[],
        notes=[],
        attempts=0,
        verdict="unverified",
        reasons=[],
        review_notes=[],
        reward=None,
        learning_reward=None,
        drafts="[]",
    )
