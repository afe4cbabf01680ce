"""Before the work: what the task asks for, how closely to supervise it, what memory has for it."""

from __future__ import annotations

from langgraph.runtime import Runtime

from atlas.context import AtlasContext
from atlas.state import AtlasState
from core.episode import Lane
from core.events import LaneChosen, Recalled, TaskStarted, Triaged
from core.guidance import GuidanceItem
from memory.items import Audience, Recall, RecallQuery
from memory.store import Pamphlets


async def triage(state: AtlasState, runtime: Runtime[AtlasContext]) -> AtlasState:
    context = runtime.context
    found = context.triager.triage(context.task)
    context.recorder.event(TaskStarted(task=context.task.id))
    context.recorder.event(Triaged(answer_type=found.answer_type, entities=len(found.entities)))
    cues = (found.answer_type, *found.cues) if found.answer_type else found.cues
    return {"cues": list(dict.fromkeys(cues))}


async def lane(state: AtlasState, runtime: Runtime[AtlasContext]) -> AtlasState:
    chosen = runtime.context.config.lane
    runtime.context.recorder.event(LaneChosen(lane=chosen.value, reason="configured"))
    return {"lane": chosen.value}


async def recall(state: AtlasState, runtime: Runtime[AtlasContext]) -> AtlasState:
    """Items for the Student and, where the Teacher will speak, for the Teacher; both are exposures."""
    context = runtime.context
    memory = context.memory
    if memory is None:
        return {"items": [], "teacher_items": []}
    shown = _recall(context, memory, Audience.STUDENT, state["cues"])
    taught: tuple[GuidanceItem, ...] = ()
    if state["lane"] != Lane.AUTO:
        taught = _recall(context, memory, Audience.TEACHER, state["cues"])
    return {"items": [item.id for item in shown], "teacher_items": [item.id for item in taught]}


def _recall(
    context: AtlasContext, memory: Pamphlets, audience: Audience, cues: list[str]
) -> tuple[GuidanceItem, ...]:
    config, recorder = context.config, context.recorder
    found: Recall = memory.recall(
        RecallQuery(
            text=context.task.prompt,
            scope=context.task.scope,
            audience=audience,
            cues=tuple(cues),
            limit=config.recall_limit,
            token_budget=config.recall_tokens,
            floor=config.recall_floor,
            student_model=context.student.name,
            draw=memory.draw(recorder.run_id, recorder.task_key, seed=config.seed) if config.learns else None,
            withhold=config.withhold,
        )
    )
    memory.log_exposures(recorder.run_id, recorder.task_key, found)
    items = tuple(hit.item.as_guidance() for hit in found.hits)
    context.desk.put_items(items)
    ids = tuple(item.id for item in items)
    if audience is Audience.STUDENT or ids:
        withheld = tuple(hit.item.id for hit in found.withheld)
        recorder.event(
            Recalled(items=ids, abstained=found.abstained, degraded=found.degraded, withheld=withheld)
        )
    return items
