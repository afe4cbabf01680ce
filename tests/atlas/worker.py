"""A run of four tasks over real stores in a folder, whose process can kill itself at a named place."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from atlas.agent import AtlasAgent
from atlas.checkpoints import SqliteCheckpoints
from atlas.config import AtlasConfig
from atlas.judge import Judgement
from atlas.teacher import Review
from core.database import open_database
from core.episode import Environment, Episode, Outcome, Task, Verdict
from core.guidance import Guidance, GuidanceItem
from core.recorder import Recorder
from core.store import RunSpec, RunStore
from memory.credit.outcome import TaskOutcome
from memory.embedding.lexical import LexicalEmbedder
from memory.items import Evidence, ItemDraft, ItemId, Learned, Recall
from memory.library import PamphletLibrary
from tests.atlas.parts import PlanStudent, SayingJudge, SayingTeacher, TableEnvironment, draft, make_task

TASKS = tuple(make_task(f"t{i}", group=f"g{i}") for i in range(4))
PLACES = ("recall", "attempt", "stored", "review", "judge", "credit", "distil", "learn", "learned")
REVIEWS = (
    Review(verdict=Verdict.REJECTED, notes=("Check the direction.",)),
    Review(verdict=Verdict.ACCEPTED),
)


class Trap:
    """Kills this process, as `kill -9` does, when the armed place is reached in the third task."""

    def __init__(self, place: str | None) -> None:
        self.place = place

    def step_on(self, place: str, task: str) -> None:
        if place == self.place and task == "t2":
            os.kill(os.getpid(), signal.SIGKILL)


class Library(PamphletLibrary):
    trap: Trap

    def log_exposures(self, run_id: str, task_id: str, recall: Recall) -> None:
        super().log_exposures(run_id, task_id, recall)
        self.trap.step_on("recall", task_id)

    def credit(self, run_id: str, task_id: str, outcome: TaskOutcome) -> tuple[ItemId, ...]:
        retired = super().credit(run_id, task_id, outcome)
        self.trap.step_on("credit", task_id)
        return retired

    def learn(
        self,
        drafts: Sequence[ItemDraft],
        evidence: Evidence,
        *,
        observed: Sequence[str] = (),
        tools: Collection[str] | None = None,
    ) -> Learned:
        self.trap.step_on("learn", evidence.task_id)
        learned = super().learn(drafts, evidence, observed=observed, tools=tools)
        self.trap.step_on("learned", evidence.task_id)
        return learned


class Student(PlanStudent):
    def __init__(self, trap: Trap) -> None:
        super().__init__(("SELECT ip FROM alerts", "198.51.100.1"), ("SELECT ip FROM alerts", "203.0.113.9"))
        self.trap = trap

    async def attempt(
        self, task: Task, environment: Environment, guidance: Guidance, recorder: Recorder, number: int
    ) -> Episode:
        episode = await super().attempt(task, environment, guidance, recorder, number)
        if number == 1:
            self.trap.step_on("attempt", task.id)
            recorder.attempt(episode)
            self.trap.step_on("stored", task.id)
        return episode


class Teacher(SayingTeacher):
    """What it distils differs from call to call, as a model's drafts do."""

    def __init__(self, trap: Trap) -> None:
        super().__init__()
        self.trap = trap

    async def review(self, task: Task, episode: Episode, guidance: Guidance, recorder: Recorder) -> Review:
        if episode.number == 1:
            self.trap.step_on("review", task.id)
        return REVIEWS[episode.number]

    async def distil(
        self,
        task: Task,
        episodes: Sequence[Episode],
        review: Review,
        reward: float,
        shown: tuple[GuidanceItem, ...],
        recorder: Recorder,
    ) -> tuple[ItemDraft, ...]:
        self.trap.step_on("distil", task.id)
        fresh = os.urandom(4).hex().translate(str.maketrans("0123456789", "ghijklmnop"))
        return (draft("Read the alert table."), draft(f"Mind the direction of {task.id[0]} {fresh}."))


class Judge(SayingJudge):
    def __init__(self, trap: Trap) -> None:
        super().__init__(0.75)
        self.trap = trap

    async def judge(self, task: Task, episode: Episode, review: Review, recorder: Recorder) -> Judgement:
        self.trap.step_on("judge", task.id)
        return await super().judge(task, episode, review, recorder)


async def run(folder: Path, place: str | None = None) -> list[Outcome]:
    """Work all tasks of the folder's one run; the run is made on the first call and resumed on later ones."""
    trap = Trap(place)
    with open_database(f"sqlite:///{folder / 'atlas.sqlite'}") as database:
        store = RunStore(database)
        known = store.runs()
        run_id = known[0].id if known else store.create(RunSpec(name="run", config={}))
        store.add_tasks(run_id, [(task.id, task) for task in TASKS])
        memory = Library(database, LexicalEmbedder())
        memory.trap = Trap(None)
        for earlier in ("earlier-1", "earlier-2"):
            evidence = Evidence(run_id="before", task_id=earlier, group="g", reward=1.0)
            memory.learn([draft("Ask the alert table for the address that attacked a host.")], evidence)
        memory.trap = trap
        agent = AtlasAgent(
            Student(trap),
            Teacher(trap),
            Judge(trap),
            memory,
            AtlasConfig(withhold=0.0),
            SqliteCheckpoints(folder / "checkpoints.sqlite"),
            store=store,
        )
        outcomes = [
            await agent.work(task, TableEnvironment(), store.recorder(run_id, task.id)) for task in TASKS
        ]
        await agent.close()
        memory.close()
    return outcomes


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), sys.argv[2]))
