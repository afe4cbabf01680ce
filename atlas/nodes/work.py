"""The work: an attempt, its validation, and guidance for the one retry."""

from __future__ import annotations

from langgraph.runtime import Runtime

from atlas.context import AtlasContext
from atlas.leaks import safe_notes
from atlas.state import AtlasState
from core.events import AttemptEnded, Guided, Validated
from core.guidance import Guidance

_FALLBACK_NOTE = (
    "The last answer did not hold up. Read again which kind of value the question asks for, "
    "and back the answer by something that you observed."
)


async def attempt(state: AtlasState, runtime: Runtime[AtlasContext]) -> AtlasState:
    context, number = runtime.context, state["attempts"]
    context.recorder.check_budget()
    guidance = Guidance(items=context.desk.items(state["items"]), notes=tuple(state["notes"]))
    episode = await context.student.attempt(
        context.task, context.environment, guidance, context.recorder, number
    )
    context.recorder.attempt(episode)
    context.recorder.event(AttemptEnded(number=number, status=episode.status.value, queries=episode.queries))
    context.desk.put_episode(episode)
    return {"attempts": number + 1}


async def validate(state: AtlasState, runtime: Runtime[AtlasContext]) -> AtlasState:
    context, number = runtime.context, state["attempts"] - 1
    guidance = Guidance(items=context.desk.items(state["teacher_items"]))
    episode = context.desk.episode(number)
    review = await context.teacher.review(context.task, episode, guidance, context.recorder)
    context.recorder.event(Validated(number=number, verdict=review.verdict.value, reasons=review.reasons))
    return {
        "verdict": review.verdict.value,
        "reasons": list(review.reasons),
        "review_notes": list(review.notes),
    }


async def guide(state: AtlasState, runtime: Runtime[AtlasContext]) -> AtlasState:
    """Pass on the Teacher's notes, less those that give away a value; a retry never goes without a note."""
    context = runtime.context
    episode = context.desk.episode(state["attempts"] - 1)
    notes = safe_notes(state["review_notes"], episode) or (_FALLBACK_NOTE,)
    context.recorder.event(Guided(notes=notes))
    return {"notes": [*state["notes"], *notes]}
