"""Carries out `atlas run`: one task through the same graph as any benchmark."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.house import AgentPlan, House
from app.options import (
    BenchmarkName,
    FeedbackWord,
    LaneWord,
    MemoryWord,
    check_incidents,
    check_rows,
    open_benchmark,
)
from app.plans import check_plan, code_version, labels, make_plan, prompt_digests
from core.episode import Outcome, Task, TaskId
from core.errors import UserError
from core.settings import load_settings

if TYPE_CHECKING:
    from benchmarks.task import Benchmark, Question

_SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """One `atlas run`, as it was asked for."""

    task: str | None
    question: str | None
    benchmark: BenchmarkName
    data: Path | None
    incident: int
    student: str
    teacher: str
    memory: MemoryWord
    lane: LaneWord
    seed: int
    max_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A worked task; `success` is None for a task that no gold answer is known of."""

    run_id: str
    task: Task
    outcome: Outcome
    success: bool | None


def run_single(order: RunOrder) -> Done:
    """Raises:
    UserError: no such question, data or agent; nothing is written then.
    """
    settings = load_settings()
    plan = make_plan(order.student, order.teacher, order.lane, order.memory, FeedbackWord.JUDGE)
    check_plan(plan, settings, None)
    bench = open_benchmark(order.benchmark, order.data, settings, seed=order.seed)
    question, scored = _find(bench, order)
    incident = int(question.task.group.removeprefix("incident_"))
    check_rows(order.benchmark, order.data, settings, (incident,))
    with House(settings) as house:
        return asyncio.run(_work(house, bench, question, plan, order, scored=scored))


async def _work(
    house: House, bench: Benchmark, question: Question, plan: AgentPlan, order: RunOrder, *, scored: bool
) -> Done:
    from core.budget import Budget, BudgetLimits
    from core.store import MemoryUse, RunSpec, RunStatus, TaskScore

    spec = RunSpec(
        name="run",
        config={
            "benchmark": bench.name,
            "question_set": bench.question_set,
            "note": bench.note,
            **labels(plan),
        },
        seed=order.seed,
        prompt_digests=prompt_digests(),
        code_version=code_version(),
        memory=MemoryUse(mode=plan.config.memory.value),
    )
    run_id = house.store.create(spec)
    house.store.add_tasks(run_id, [(question.task.id, question.task)])
    agent = house.agent(plan, house.library_for(plan.config.memory))
    environment = bench.environment(question, order.max_steps)
    status, started = RunStatus.FAILED, time.perf_counter()
    try:
        recorder = house.store.recorder(run_id, question.task.id, Budget(BudgetLimits()))
        outcome = await agent.work(question.task, environment, recorder)
        score = await bench.scorer.score(question, outcome.answer) if scored else None
        kept = (
            None
            if score is None
            else TaskScore(value=score.value, success=score.success, candidates=score.candidates)
        )
        wall = time.perf_counter() - started
        house.store.finish_task(run_id, question.task.id, outcome, wall_seconds=wall, score=kept)
        status = RunStatus.DONE
    finally:
        house.store.finish(run_id, status, wall_seconds=time.perf_counter() - started)
        await environment.close()
        await agent.close()
    return Done(
        run_id=run_id, task=question.task, outcome=outcome, success=None if score is None else score.success
    )


def _find(bench: Benchmark, order: RunOrder) -> tuple[Question, bool]:
    """The question to work, and whether its gold answer is known."""
    from benchmarks.task import GoldAnswer, Question, Split
    from core.gold import Gold

    if order.question is not None:
        named = [group for group in bench.groups if f"/{group}/" in order.question]
        for split in Split:
            for question in bench.questions(named, split):
                if question.task.id == order.question:
                    return question, True
        raise UserError(f"no question {order.question}: ids look like {_example(bench)}")
    check_incidents(bench, (order.incident,))
    example = bench.questions((order.incident,), Split.TEST)[0].task
    task = Task(
        id=TaskId(f"{bench.name}/{order.incident}/asked"),
        prompt=order.task or "",
        scope=example.scope,
        group=example.group,
    )
    return Question(task=task, gold=Gold(GoldAnswer(answer=""))), False


def _example(bench: Benchmark) -> str:
    from benchmarks.task import Split

    return bench.questions(bench.groups[:1], Split.TEST)[0].task.id


def single_json(done: Done) -> dict[str, object]:
    outcome = done.outcome
    return {
        "run_id": done.run_id,
        "task": done.task.id,
        "answer": outcome.answer,
        "verdict": outcome.verdict.value,
        "reward": outcome.reward,
        "success": done.success,
        "lane": outcome.lane.value,
        "items": list(outcome.guidance_items),
        "attempts": [
            {
                "status": episode.status.value,
                "answer": episode.answer,
                "steps": [
                    {"tool": step.action.tool, "text": step.action.text, "observation": step.observation.text}
                    for step in episode.steps
                ],
            }
            for episode in outcome.episodes
        ],
    }


def single_text(done: Done) -> str:
    lines = [done.task.prompt, ""]
    for episode in done.outcome.episodes:
        lines.append(f"attempt {episode.number + 1}")
        for step in episode.steps:
            shown = step.observation.text.replace("\n", " ")
            cut = shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]} ..."
            lines += [f"  {step.action.tool}: {step.action.text}", f"    {cut}"]
    outcome = done.outcome
    reward = "-" if outcome.reward is None else f"{outcome.reward:.2f}"
    lines += [
        "",
        f"answer   {outcome.answer or '(none)'}",
        f"teacher  {outcome.verdict.value}, reward {reward}",
    ]
    if done.success is not None:
        lines.append(f"score    {'right' if done.success else 'wrong'}")
    lines.append(f"run      {done.run_id}")
    return "\n".join(lines)
