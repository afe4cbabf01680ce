"""A benchmark of sums and Students that are plain functions, for tests of the harness."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from benchmarks.task import GoldAnswer, Question, Score, Scorer, Split
from core.chat import ToolSpec
from core.episode import (
    Action,
    AttemptStatus,
    Environment,
    Episode,
    Observation,
    Step,
    Task,
    TaskId,
)
from core.errors import Limit, LimitReached
from core.gold import Gold
from core.guidance import Guidance
from core.recorder import Recorder

Answerer = Callable[[Task, Recorder], Awaitable[str | None]]


class CountingEnvironment:
    tools: tuple[ToolSpec, ...] = ()

    def __init__(self, max_steps: int) -> None:
        self.max_steps, self.taken, self.closed = max_steps, 0, False

    async def reset(self, task: Task) -> None:
        self.taken = 0

    async def step(self, action: Action) -> Observation:
        if self.taken >= self.max_steps:
            raise LimitReached(Limit.STEPS, f"{self.taken} steps taken of {self.max_steps}")
        self.taken += 1
        return Observation(text=f"saw {action.text}", rows=None if action.is_submit else 1)

    async def close(self) -> None:
        self.closed = True


class CountingScorer(Scorer):
    async def score(self, question: Question, answer: str | None) -> Score:
        right = question.gold.reveal_to(self).answer
        if answer is None:
            return Score(value=0.0, success=False, reason="no answer")
        if answer == "unclear":
            return Score.unscored("unclear")
        if answer == "break the scorer":
            raise RuntimeError(f"the gold is {right}")
        return Score(value=float(answer == right), success=answer == right, candidates=1, reason="exact")


class CountingBenchmark:
    """`size` questions for each split of each group: what is twice the number?"""

    name = "counting"
    question_set = "counting doubles"
    note = ""

    def __init__(self, size: int = 4, groups: tuple[int, ...] = (1, 2)) -> None:
        self.size, self.groups = size, groups
        self.scorer = CountingScorer()
        self.environments: list[CountingEnvironment] = []

    def questions(self, groups: Sequence[int], split: Split) -> tuple[Question, ...]:
        return tuple(self._question(group, split, n) for group in groups for n in range(self.size))

    def environment(self, question: Question, max_steps: int) -> Environment:
        self.environments.append(CountingEnvironment(max_steps))
        return self.environments[-1]

    def _question(self, group: int, split: Split, number: int) -> Question:
        value = 100 * group + number
        task = Task(
            id=TaskId(f"counting/{group}/{split}/{number}"),
            prompt=f"double {value}",
            scope="counting",
            group=f"incident_{group}",
        )
        return Question(task=task, gold=Gold(GoldAnswer(answer=str(2 * value))))


def double(task: Task) -> str:
    return str(2 * int(task.prompt.split()[1]))


async def right_answer(task: Task, recorder: Recorder) -> str | None:
    return double(task)


class FunctionStudent:
    """Looks `looks` times, then submits what the function says."""

    def __init__(self, answerer: Answerer = right_answer, *, looks: int = 1) -> None:
        self.name, self._answerer, self._looks = "function", answerer, looks
        self.worked: list[str] = []

    async def attempt(
        self, task: Task, environment: Environment, guidance: Guidance, recorder: Recorder, number: int
    ) -> Episode:
        self.worked.append(task.id)
        await environment.reset(task)
        steps: list[Step] = []
        for look in range(self._looks):
            await self._act(environment, recorder, number, steps, Action(tool="look", text=str(look)))
        answer = await self._answerer(task, recorder)
        if answer is not None:
            await self._act(environment, recorder, number, steps, Action(tool="submit", text=answer))
        status = AttemptStatus.LIMIT if answer is None else AttemptStatus.SUBMITTED
        return Episode(task=task, number=number, steps=tuple(steps), answer=answer, status=status)

    async def close(self) -> None:
        return None

    @staticmethod
    async def _act(
        environment: Environment, recorder: Recorder, number: int, steps: list[Step], action: Action
    ) -> None:
        step = Step(index=len(steps), action=action, observation=await environment.step(action))
        steps.append(step)
        recorder.step(number, step)
