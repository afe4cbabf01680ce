"""Small real parts that the tests of atlas work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from atlas.judge import Judgement
from atlas.teacher import Review
from core.chat import ChatReply, ChatRequest, ToolSpec
from core.episode import (
    SUBMIT,
    Action,
    AttemptStatus,
    Environment,
    Episode,
    Observation,
    Step,
    Task,
    TaskId,
    Verdict,
)
from core.errors import Limit, LimitReached
from core.events import Event
from core.guidance import Guidance, GuidanceItem
from core.recorder import CallFailure, Recorder
from core.usage import Role
from memory.items import ItemDraft, Kind

SQL_TOOL = ToolSpec(
    name="sql",
    description="Run one SQL statement.",
    parameters={
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
        "additionalProperties": False,
    },
)


def make_task(name: str = "t1", prompt: str = "Which address attacked host web-01?", **kwargs: str) -> Task:
    return Task(
        id=TaskId(name), prompt=prompt, scope=kwargs.get("scope", "mock/soc"), group=kwargs.get("group", "g1")
    )


class TableEnvironment:
    """Answers statements from a table of texts; others are errors."""

    tools = (SQL_TOOL,)

    def __init__(self, answers: dict[str, str] | None = None, max_steps: int = 6) -> None:
        self.answers = answers or {"SELECT ip FROM alerts": "[('203.0.113.9',)]"}
        self.max_steps = max_steps
        self.taken = 0
        self.resets = 0

    async def reset(self, task: Task) -> None:
        self.taken = 0
        self.resets += 1

    async def step(self, action: Action) -> Observation:
        if self.taken >= self.max_steps:
            raise LimitReached(Limit.STEPS, "no steps left")
        self.taken += 1
        if action.is_submit:
            return Observation(text="submitted")
        text = self.answers.get(action.text)
        if text is None:
            return Observation(text=f"ProgrammingError: no such thing: {action.text}", is_error=True)
        return Observation(text=text, rows=text.count("("))

    async def close(self) -> None: ...


@dataclass
class ListRecorder:
    """Keeps everything in lists; an equal step, attempt or event is kept once."""

    run_id: str = "run"
    task_key: str = "t1"
    steps: dict[tuple[int, int], Step] = field(default_factory=dict)
    calls: list[tuple[Role, str, ChatRequest, ChatReply | CallFailure]] = field(default_factory=list)
    attempts: dict[int, Episode] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    limit: Limit | None = None

    def check_budget(self) -> None:
        if self.limit is not None:
            raise LimitReached(self.limit, "spent")

    def step(self, attempt: int, step: Step) -> None:
        self.steps[attempt, step.index] = step

    def call(self, role: Role, model: str, request: ChatRequest, reply: ChatReply | CallFailure) -> None:
        self.calls.append((role, model, request, reply))

    def tokens(self, role: Role) -> int:
        replies = [reply for who, _, _, reply in self.calls if who is role and isinstance(reply, ChatReply)]
        return sum((reply.usage.input or 0) + (reply.usage.output or 0) for reply in replies)

    def attempt(self, episode: Episode) -> None:
        self.attempts[episode.number] = episode

    def event(self, event: Event) -> None:
        self.events.append(event)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


class PlanStudent:
    """Runs the statements of a plan and submits its answer; plans are taken by attempt number."""

    name = "plan"

    def __init__(self, *plans: Sequence[str]) -> None:
        self.plans = plans or (("SELECT ip FROM alerts", "203.0.113.9"),)
        self.seen: list[Guidance] = []

    async def attempt(
        self, task: Task, environment: Environment, guidance: Guidance, recorder: Recorder, number: int
    ) -> Episode:
        await environment.reset(task)
        self.seen.append(guidance)
        *queries, answer = self.plans[min(number, len(self.plans) - 1)]
        steps: list[Step] = []
        for action in [*(Action(tool="sql", text=q) for q in queries), Action(tool=SUBMIT, text=answer)]:
            step = Step(index=len(steps), action=action, observation=await environment.step(action))
            recorder.step(number, step)
            steps.append(step)
        return Episode(
            task=task, number=number, steps=tuple(steps), answer=answer, status=AttemptStatus.SUBMITTED
        )

    async def close(self) -> None: ...


class SayingTeacher:
    """Gives the reviews of a list in order (the last one for ever), and distils fixed drafts."""

    name = "saying"

    def __init__(self, *reviews: Review, drafts: Sequence[ItemDraft] = ()) -> None:
        self.reviews = list(reviews) or [Review(verdict=Verdict.ACCEPTED)]
        self.drafts = tuple(drafts)
        self.reviewed = 0
        self.distilled: list[tuple[float, tuple[GuidanceItem, ...]]] = []
        self.guidance: list[Guidance] = []

    async def review(self, task: Task, episode: Episode, guidance: Guidance, recorder: Recorder) -> Review:
        self.guidance.append(guidance)
        review = self.reviews[min(self.reviewed, len(self.reviews) - 1)]
        self.reviewed += 1
        return review

    async def distil(
        self,
        task: Task,
        episodes: Sequence[Episode],
        review: Review,
        reward: float,
        shown: tuple[GuidanceItem, ...],
        recorder: Recorder,
    ) -> tuple[ItemDraft, ...]:
        self.distilled.append((reward, shown))
        return self.drafts

    async def close(self) -> None: ...


class SayingJudge:
    """Always the same reward."""

    name = "saying"

    def __init__(self, reward: float | None = 1.0) -> None:
        self.reward = reward

    async def judge(self, task: Task, episode: Episode, review: Review, recorder: Recorder) -> Judgement:
        return Judgement(reward=self.reward, rationale="said so")

    async def close(self) -> None: ...


def draft(content: str = "Look in the alert table first.", **kwargs: str) -> ItemDraft:
    return ItemDraft(
        kind=Kind.TOOL_PLAN, scope=kwargs.get("scope", "mock/soc"), content=content, cue=kwargs.get("cue", "")
    )


Script = Callable[[ChatRequest], ChatReply | str]
