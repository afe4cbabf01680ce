"""Where the graph goes next: pure functions of the state."""

from __future__ import annotations

from typing import Literal

from langgraph.graph import END

from atlas.state import AtlasState
from core.episode import Lane, Verdict

MAX_ATTEMPTS = 2
"""One attempt and one guided retry (paired lane)."""


def after_attempt(state: AtlasState) -> Literal["validate", "judge"]:
    """The auto lane never calls the Teacher on an attempt."""
    return "judge" if state["lane"] == Lane.AUTO else "validate"


def after_validate(state: AtlasState) -> Literal["guide", "judge"]:
    """A rejection is worth a retry, and so is a doubt that the Teacher has advice for.

    The last attempt is validated too and then judged, whatever was said of it.
    """
    verdict = state["verdict"]
    doubted = verdict == Verdict.UNVERIFIED and bool(state["review_notes"])
    worth_a_retry = verdict == Verdict.REJECTED or doubted
    return "guide" if worth_a_retry and state["attempts"] < MAX_ATTEMPTS else "judge"


def after_commit(state: AtlasState) -> str:
    """Nothing is distilled from a task whose reward is unknown, or while memory does not learn."""
    return "distil" if state["learning_reward"] is not None else END
