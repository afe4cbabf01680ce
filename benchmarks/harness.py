"""Runs an agent over a benchmark's questions and reports; the workers are in `pool.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.config import BenchConfig, FeedbackMode, MemoryProbe, OnProgress
from benchmarks.pool import WorkerPool
from benchmarks.report import RunReport, build_report
from benchmarks.task import Benchmark, Question, Split
from core.episode import Agent
from core.errors import UserError
from core.redaction import redacted
from core.store import Json, MemoryUse, RunId, RunSpec, RunStore


async def run_benchmark(
    benchmark: Benchmark,
    agent: Agent,
    questions: Sequence[Question],
    store: RunStore,
    config: BenchConfig,
    *,
    workers: int = 1,
    resume: str | None = None,
    on_progress: OnProgress | None = None,
    memory: MemoryProbe | None = None,
) -> RunReport:
    """Work the questions in their order and report.

    A task that fails scores 0 and the run goes on. Tokens and money of the run's limits are counted over all
    resumptions; once they are spent the run stops in good order with status `budget`. Cancelling leaves the
    run `interrupted`. A task in work when a run stops stays pending and is worked again by `resume`.
    The caller closes the agent.

    Raises:
        UserError: the settings are wrong, or differ from those of the run to resume.
        StorageError: the store failed; the run can be resumed.
    """
    if workers < 1:
        raise UserError("--workers must be at least 1")
    if config.feedback is FeedbackMode.SCORE and config.split is not Split.TRAIN:
        raise UserError("--feedback score opens gold to learning: it works with --split train only")
    keyed = _keyed(questions)
    run_id = _open_run(benchmark, store, config, keyed, resume, memory)
    pool = WorkerPool(benchmark, agent, store, config, run_id, on_progress)
    await pool.run(keyed, workers, memory)
    return build_report(store, run_id)


def _keyed(questions: Sequence[Question]) -> list[tuple[str, Question]]:
    """Task keys: the id, with `#2` and so on where a question is asked again."""
    seen: dict[str, int] = {}
    keyed = []
    for question in questions:
        count = seen[question.task.id] = seen.get(question.task.id, 0) + 1
        keyed.append((question.task.id if count == 1 else f"{question.task.id}#{count}", question))
    return keyed


def _open_run(
    benchmark: Benchmark,
    store: RunStore,
    config: BenchConfig,
    keyed: Sequence[tuple[str, Question]],
    resume: str | None,
    memory: MemoryProbe | None,
) -> RunId:
    stored: dict[str, Json] = {
        "benchmark": benchmark.name,
        "question_set": benchmark.question_set,
        "note": benchmark.note,
        "incidents": list(config.groups),
        "split": config.split.value,
        "max_steps": config.max_steps,
        "seed": config.seed,
        "feedback": config.feedback.value,
        "questions": len(keyed),
        **config.labels,
    }
    if resume is not None:
        _check_same(store, resume, stored, keyed)
        return store.resume(resume).id
    use = MemoryUse()
    if memory is not None:
        use = MemoryUse(mode=memory.mode, snapshot=memory.snapshot, items_before=memory.items())
    return store.create(
        RunSpec(
            name=benchmark.name,
            config=stored,
            seed=config.seed,
            prompt_digests=config.prompt_digests,
            code_version=config.code_version,
            memory=use,
        )
    )


def _check_same(
    store: RunStore, run_id: str, config: Mapping[str, Json], keyed: Sequence[tuple[str, Question]]
) -> None:
    before = store.run(run_id).spec.config
    kept = redacted(config)
    assert isinstance(kept, dict)
    names = sorted(name for name in {*before, *kept} if before.get(name) != kept.get(name))
    if names:
        raise UserError(f"run {run_id} was started with other settings: {', '.join(names)}")
    known = [task.key for task in store.tasks(run_id)]
    if known and known != [key for key, _ in keyed]:
        raise UserError(f"run {run_id} was started with other questions; give the same incidents and limit")
