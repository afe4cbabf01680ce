"""The workers of a run, and the border around one task where every failure becomes data."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import deque
from collections.abc import Sequence

from benchmarks.config import BenchConfig, FeedbackMode, MemoryProbe, OnProgress, Progress
from benchmarks.task import Benchmark, Question, Score
from core.budget import Budget
from core.episode import Agent, Episode, Feedback, Outcome
from core.errors import LimitReached, ModelOutputError, StorageError, UserError
from core.events import Scored, TaskFailed
from core.recorder import Recorder
from core.store import RunId, RunStatus, RunStore, TaskScore

_FAILED = Score(value=0.0, success=False, reason="failed")


class WorkerPool:
    """The workers of one run, and the border around one task."""

    def __init__(
        self,
        benchmark: Benchmark,
        agent: Agent,
        store: RunStore,
        config: BenchConfig,
        run_id: RunId,
        on_progress: OnProgress | None,
    ) -> None:
        self._benchmark, self._agent, self._store = benchmark, agent, store
        self._config, self._run_id, self._on_progress = config, run_id, on_progress
        self._budget = Budget(config.run_limits)
        for spend in store.spend(run_id):
            self._budget.spend(spend.usage, spend.cost_usd)
        self._queue: deque[tuple[str, Question]] = deque()
        self._done = self._total = 0
        self._spent = False

    async def run(
        self, keyed: Sequence[tuple[str, Question]], workers: int, memory: MemoryProbe | None
    ) -> None:
        self._store.add_tasks(self._run_id, [(key, question.task) for key, question in keyed])
        finished = {task.key for task in self._store.tasks(self._run_id) if task.finished}
        self._queue.extend(pair for pair in keyed if pair[0] not in finished)
        self._done, self._total = len(finished), len(keyed)
        started = time.perf_counter()
        status = RunStatus.FAILED
        try:
            await self._drain(workers)
            status = RunStatus.BUDGET if self._spent else RunStatus.DONE
        except (asyncio.CancelledError, KeyboardInterrupt):
            status = RunStatus.INTERRUPTED
            raise
        finally:
            items = None if memory is None else memory.items()
            wall = time.perf_counter() - started
            self._store.finish(self._run_id, status, wall_seconds=wall, items_after=items)

    async def _drain(self, workers: int) -> None:
        """Run the workers to their end; when one raises or we are cancelled, the others are cancelled too."""
        pool = [asyncio.create_task(self._worker()) for _ in range(min(workers, len(self._queue)))]
        try:
            await asyncio.gather(*pool)
        finally:
            for worker in pool:
                worker.cancel()
            await asyncio.gather(*pool, return_exceptions=True)

    async def _worker(self) -> None:
        while self._queue and not self._spent:
            key, question = self._queue.popleft()
            await self._task(key, question)
            await asyncio.sleep(0)  # a Student that never waits must not keep an interrupt from being heard

    async def _task(self, key: str, question: Question) -> None:
        """The border: whatever an attempt raises ends here, but what the user or the operator must mend."""
        recorder = self._store.recorder(self._run_id, key, self._budget, Budget(self._config.task_limits))
        started = time.perf_counter()
        outcome: Outcome | None = None
        error = ""
        try:
            recorder.check_budget()
            outcome = await self._attempt(question, recorder)
            score = await self._score(question, outcome.answer)
        except LimitReached as signal:
            if self._run_is_spent():
                self._spent = True
                return
            score, error = _FAILED, f"{signal.limit.value} limit: {signal}"
        except (UserError, StorageError):
            raise
        except Exception as failure:  # noqa: BLE001 (one task's failure is data, and the run goes on)
            score, error = _FAILED, _one_line(failure)
            recorder.event(TaskFailed(error=error, where=traceback.format_exc(limit=-12)))
        self._finish(key, outcome, score, error, recorder, time.perf_counter() - started)

    async def _attempt(self, question: Question, recorder: Recorder) -> Outcome:
        environment = self._benchmark.environment(question, self._config.max_steps)
        try:
            return await self._agent.work(question.task, environment, recorder, self._feedback(question))
        finally:
            await environment.close()

    def _feedback(self, question: Question) -> Feedback | None:
        if self._config.feedback is not FeedbackMode.SCORE:
            return None

        async def tell(episode: Episode) -> float:
            score = await self._score(question, episode.answer)
            if score.value is None:
                raise ModelOutputError(f"no feedback: {score.reason}")
            return score.value

        return tell

    async def _score(self, question: Question, answer: str | None) -> Score:
        try:
            return await self._benchmark.scorer.score(question, answer)
        except (LimitReached, UserError, StorageError):
            raise
        except Exception as failure:  # noqa: BLE001 (a scorer that fails leaves the question unscored)
            # The message may quote the gold answer: only the kind of failure goes on.
            return Score.unscored(f"the scorer failed: {type(failure).__name__}")

    def _finish(
        self, key: str, outcome: Outcome | None, score: Score, error: str, recorder: Recorder, wall: float
    ) -> None:
        kept = TaskScore(value=score.value, success=score.success, candidates=score.candidates)
        recorder.event(Scored(score=score.value, success=score.success))
        if outcome is None or error:
            self._store.fail_task(self._run_id, key, error, wall_seconds=wall, score=kept)
        else:
            self._store.finish_task(self._run_id, key, outcome, wall_seconds=wall, score=kept)
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(
                Progress(
                    run_id=self._run_id,
                    task_key=key,
                    done=self._done,
                    total=self._total,
                    success=score.success,
                )
            )

    def _run_is_spent(self) -> bool:
        try:
            self._budget.check()
        except LimitReached:
            return True
        return False


def _one_line(failure: Exception) -> str:
    text = " ".join(str(failure).split())
    return f"{type(failure).__name__}: {text}"[:500]
