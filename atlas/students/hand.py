"""Takes and records the steps of one attempt, for Students that are somebody's own code."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.episode import SUBMIT, Action, AttemptStatus, Environment, Episode, Observation, Step, Task
from core.errors import Limit, LimitReached
from core.recorder import Recorder


@dataclass(slots=True, kw_only=True)
class Hand:
    """The steps so far; the last of `max_steps` is kept for the submission."""

    environment: Environment
    recorder: Recorder
    number: int
    steps: list[Step] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.environment.max_steps - len(self.steps)

    async def act(self, tool: str, text: str) -> Observation:
        action = Action(tool=tool, text=text)
        observation = await self.environment.step(action)
        step = Step(index=len(self.steps), action=action, observation=observation)
        self.steps.append(step)
        self.recorder.step(self.number, step)
        return observation

    async def sql(self, text: str) -> str:
        """Raises:
        LimitReached: only the submission is left.
        """
        self.recorder.check_budget()
        if self.left <= 1:
            raise LimitReached(Limit.STEPS, "no statement is left: return an answer")
        return (await self.act(self.environment.tools[0].name, text)).text

    async def finish(self, task: Task, answer: str | None) -> Episode:
        """Submit the answer, if there is one."""
        submitted = answer is not None and bool(answer.strip())
        if submitted and answer is not None:
            await self.act(SUBMIT, answer)
        return Episode(
            task=task,
            number=self.number,
            steps=tuple(self.steps),
            answer=answer if submitted else None,
            status=AttemptStatus.SUBMITTED if submitted else AttemptStatus.LIMIT,
            limit=None if submitted else Limit.STEPS,
        )
