"""After the work: reward, credit to what was shown, and what there is to learn; the answer stands."""

from __future__ import annotations

from langgraph.runtime import Runtime

from atlas.config import FeedbackSource
from atlas.context import AtlasContext
from atlas.drafts import dump_drafts, load_drafts
from atlas.leaks import reveals_answer
from atlas.state import AtlasState
from atlas.teacher import Review
from core.episode import Verdict
from core.events import Credited, Distilled, Judged
from core.usage import Role
from memory.credit.outcome import TaskOutcome
from memory.items import Evidence, ItemDraft

SUCCESS = 0.5
"""The judge's reward from which a task counts as solved where items are compared."""


def _review(state: AtlasState) -> Review:
    return Review(
        verdict=Verdict(state["verdict"]),
        reasons=tuple(state["reasons"]),
        notes=tuple(state["review_notes"]),
    )


def _text(draft: ItemDraft) -> str:
    action = draft.action
    template = "" if action is None else " ".join((action.template, *action.bindings.values()))
    return " ".join((draft.content, draft.cue, draft.boundary, draft.expected_effect, template))


async def judge(state: AtlasState, runtime: Runtime[AtlasContext]) -> AtlasState:
    """The judge's reward, and the reward to learn from, which may be the scorer's number on a train task."""
    context = runtime.context
    episode = context.desk.episode(state["attempts"] - 1)
    judgement = await context.judge.judge(context.task, episode, _review(state), context.recorder)
    context.recorder.event(Judged(reward=judgement.reward, rationale=judgement.rationale))
    learning_reward = judgement.reward
    if context.config.feedback is FeedbackSource.SCORE and context.feedback is not None:
        learning_reward = await context.feedback(episode)
    if not context.config.learns or context.memory is None:
        learning_reward = None
    return {"reward": judgement.reward, "learning_reward": learning_reward}


async def commit(state: AtlasState, runtime: Runtime[AtlasContext]) -> AtlasState:
    """Count the outcome towards the items shown and withheld. Without a reward nothing is counted."""
    context, reward = runtime.context, state["learning_reward"]
    memory, recorder = context.memory, context.recorder
    if memory is None or reward is None:
        return {}
    outcome = TaskOutcome(
        reward=reward,
        success=reward >= SUCCESS,
        steps=sum(len(episode.steps) for episode in context.desk.episodes(state["attempts"])),
        tokens=recorder.tokens(Role.STUDENT),
    )
    retired = memory.credit(recorder.run_id, recorder.task_key, outcome)
    recorder.event(Credited(reward=reward, retired=tuple(retired)))
    return {}


async def distil(state: AtlasState, runtime: Runtime[AtlasContext]) -> AtlasState:
    """Drafts go into the state before memory sees them: a second run of `learn` learns the same drafts."""
    context, reward = runtime.context, state["learning_reward"]
    if reward is None:
        return {"drafts": "[]"}
    episodes = context.desk.episodes(state["attempts"])
    drafts = await context.teacher.distil(
        context.task,
        episodes,
        _review(state),
        reward,
        context.desk.items(state["items"]),
        context.recorder,
    )
    kept = [
        draft for draft in drafts if not any(reveals_answer(_text(draft), episode) for episode in episodes)
    ]
    return {"drafts": dump_drafts(kept)}


async def learn(state: AtlasState, runtime: Runtime[AtlasContext]) -> AtlasState:
    context = runtime.context
    drafts = load_drafts(state["drafts"])
    if context.memory is None or not drafts:
        return {}
    evidence = Evidence(
        run_id=context.recorder.run_id,
        task_id=context.recorder.task_key,
        group=context.task.group,
        reward=state["learning_reward"],
    )
    episodes = context.desk.episodes(state["attempts"])
    learned = context.memory.learn(
        drafts,
        evidence,
        observed=[step.observation.text for episode in episodes for step in episode.steps],
        tools=frozenset(tool.name for tool in context.environment.tools),
    )
    context.recorder.event(
        Distilled(
            added=tuple(learned.added),
            supported=tuple(learned.supported),
            refused=learned.refused,
            quarantined=tuple(learned.quarantined),
        )
    )
    return {"drafts": "[]"}
