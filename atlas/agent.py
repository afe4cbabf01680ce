"""`AtlasAgent`: the whole system behind the `Agent` seam."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from atlas.checkpoints import Checkpoints, MemoryCheckpoints
from atlas.config import AtlasConfig
from atlas.context import AtlasContext, Desk, EpisodeStore
from atlas.judge import Judge
from atlas.state import AtlasState, initial_state
from atlas.teacher import Teacher
from atlas.triage import PlainTriager, Triager
from core.episode import Environment, Feedback, Lane, Outcome, Student, Task, Verdict
from core.recorder import Recorder
from memory.store import Pamphlets

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from atlas.graph import AtlasGraph


class AtlasAgent:
    """A Student under a Teacher, with memory.

    `store` is where finished attempts are read again when a killed run goes on: give the run store whenever
    `checkpoints` outlive the process. The agent closes its student, teacher and judge, not its pamphlets.
    """

    def __init__(
        self,
        student: Student,
        teacher: Teacher,
        judge: Judge,
        pamphlets: Pamphlets | None,
        config: AtlasConfig,
        checkpoints: Checkpoints | None = None,
        *,
        triager: Triager | None = None,
        store: EpisodeStore | None = None,
    ) -> None:
        self._student, self._teacher, self._judge = student, teacher, judge
        self._pamphlets, self._config, self._store = pamphlets, config, store
        self._triager = triager or PlainTriager()
        self._checkpoints = checkpoints or MemoryCheckpoints()
        self._graph: AtlasGraph | None = None
        self._opening = asyncio.Lock()

    @property
    def name(self) -> str:
        return f"atlas({self._student.name}, {self._teacher.name}, {self._config.lane.value})"

    async def work(
        self, task: Task, environment: Environment, recorder: Recorder, feedback: Feedback | None = None
    ) -> Outcome:
        """Work one task. One that a killed process left goes on from its last finished node; it begins anew
        where an answer was kept without its secret.

        Raises:
            ProviderError: a model's endpoint failed; the same call goes on from there later.
            LimitReached: the budget is spent; likewise.
        """
        graph = await self._opened()
        context = self._context(task, environment, recorder, feedback)
        config: RunnableConfig = {"configurable": {"thread_id": f"{recorder.run_id}/{recorder.task_key}"}}
        known = await graph.aget_state(config)
        # Stopped before its first node, a thread has an input and nothing to go on with: it starts anew.
        begun = bool(known.values) and bool(known.values["lane"] or known.next)
        if begun and context.desk.lost_an_answer(known.values["attempts"]):
            begun = False  # `[secret]` is not what was answered: the task is worked again
        if begun and not known.next:
            return self._outcome(cast("AtlasState", known.values), context)
        start = None if begun else initial_state()
        await graph.ainvoke(start, config, context=context, durability="sync")
        return self._outcome(cast("AtlasState", (await graph.aget_state(config)).values), context)

    async def _opened(self) -> AtlasGraph:
        from atlas.graph import build_graph

        async with self._opening:
            if self._graph is None:
                self._graph = build_graph(await self._checkpoints.open())
            return self._graph

    def _context(
        self, task: Task, environment: Environment, recorder: Recorder, feedback: Feedback | None
    ) -> AtlasContext:
        return AtlasContext(
            task=task,
            student=self._student,
            teacher=self._teacher,
            judge=self._judge,
            triager=self._triager,
            pamphlets=self._pamphlets,
            environment=environment,
            recorder=recorder,
            feedback=feedback,
            config=self._config,
            desk=Desk(recorder=recorder, store=self._store, pamphlets=self._pamphlets),
        )

    @staticmethod
    def _outcome(state: AtlasState, context: AtlasContext) -> Outcome:
        return Outcome(
            episodes=context.desk.episodes(state["attempts"]),
            lane=Lane(state["lane"]),
            verdict=Verdict(state["verdict"]),
            reward=state["reward"],
            guidance_items=tuple(state["items"]),
        )

    async def close(self) -> None:
        for part in (self._student, self._teacher, self._judge):
            await part.close()
        await self._checkpoints.close()
        self._graph = None
