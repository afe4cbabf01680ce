"""What a stored run comes to: figures with intervals, as the JSON document of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.statistics import Interval, mean, wilson
from core.store import Json, RoleSpend, RunRecord, RunStatus, RunStore, TaskRecord, TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """Figures of a set of finished tasks. Means are over scored tasks; None where there is none."""

    n: int
    unscored: int
    success: float | None
    success_ci95: Interval | None
    reward: float | None

    def to_json(self) -> dict[str, Json]:
        return {
            "n": self.n,
            "unscored": self.unscored,
            "success": self.success,
            "success_ci95": interval_json(self.success_ci95),
            "reward": self.reward,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Figures of one run. `tasks` are the finished ones in order, `planned` counts those to be worked in all.

    `reward` is the mean of the benchmark's values (ExCyTIn's reward, partial credit included);
    `judge_reward` the mean of what the agent's own judge gave, without gold.
    """

    run: RunRecord
    planned: int
    tasks: tuple[TaskRecord, ...]
    spend: tuple[RoleSpend, ...]

    @property
    def run_id(self) -> str:
        return self.run.id

    @property
    def status(self) -> RunStatus:
        return self.run.status

    @property
    def figures(self) -> GroupFigures:
        return figures(self.tasks)

    @property
    def success(self) -> float | None:
        return self.figures.success

    @property
    def errors(self) -> int:
        return sum(task.status is TaskStatus.FAILED for task in self.tasks)

    @property
    def cost_known(self) -> bool:
        return all(role.cost_known for role in self.spend)

    @property
    def cost_usd(self) -> float | None:
        """Sum of the known costs: a lower bound unless `cost_known`, None when no cost is known at all."""
        total = sum(role.cost_usd for role in self.spend)
        return total if self.cost_known or total > 0 else None

    def to_json(self) -> dict[str, Json]:
        """The document of `atlas bench run --json`."""
        config = self.run.spec.config
        return {
            "run_id": self.run.id,
            "status": self.run.status.value,
            "benchmark": config.get("benchmark", self.run.spec.name),
            "question_set": config.get("question_set"),
            "incidents": config.get("incidents"),
            "split": config.get("split"),
            "planned": self.planned,
            **self.figures.to_json(),
            "judge_reward": mean([task.reward for task in self.tasks if task.reward is not None]),
            "submit_rate": _share([task.answer is not None for task in self.tasks]),
            "multi_candidate_share": _share(
                [task.score is not None and task.score.candidates > 1 for task in self.tasks]
            ),
            "steps_per_task": mean([float(task.steps) for task in self.tasks]),
            "queries_per_task": mean([float(task.queries) for task in self.tasks]),
            "tokens": {role.role.value: _tokens(role) for role in self.spend},
            "calls": {role.role.value: {"all": role.calls, "failed": role.failed} for role in self.spend},
            "cost_usd": self.cost_usd,
            "cost_known": self.cost_known,
            "wall_seconds": self.run.wall_seconds,
            "memory": self._memory(),
            "errors": self.errors,
            "by_incident": {name: part.to_json() for name, part in by_group(self.tasks).items()},
            "seed": self.run.spec.seed,
            "note": config.get("note"),
        }

    def _memory(self) -> dict[str, Json]:
        memory = self.run.spec.memory
        return {
            "mode": memory.mode,
            "items_before": memory.items_before,
            "items_after": memory.items_after,
            "snapshot": memory.snapshot,
        }


def build_report(store: RunStore, run_id: str) -> RunReport:
    """Raises:
    UserError: there is no such run.
    """
    tasks = store.tasks(run_id)
    return RunReport(
        run=store.run(run_id),
        planned=len(tasks),
        tasks=tuple(task for task in tasks if task.finished),
        spend=store.spend(run_id),
    )


def figures(tasks: Sequence[TaskRecord]) -> GroupFigures:
    successes = [t.score.success for t in tasks if t.score is not None and t.score.success is not None]
    values = [t.score.value for t in tasks if t.score is not None and t.score.value is not None]
    return GroupFigures(
        n=len(tasks),
        unscored=len(tasks) - len(successes),
        success=_share(successes),
        success_ci95=wilson(sum(successes), len(successes)),
        reward=mean(values),
    )


def by_group(tasks: Sequence[TaskRecord]) -> dict[str, GroupFigures]:
    names = dict.fromkeys(task.group for task in tasks)
    return {name: figures([task for task in tasks if task.group == name]) for name in names}


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def interval_json(interval: Interval | None) -> list[Json] | None:
    return None if interval is None else [interval.low, interval.high]


def _tokens(spend: RoleSpend) -> dict[str, Json]:
    usage = spend.usage
    return {
        "input": usage.input,
        "cache_read": usage.cache_read,
        "cache_write": usage.cache_write,
        "output": usage.output,
        "reasoning": usage.reasoning,
    }
