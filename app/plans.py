"""From words of the command line to plans: checked before anything is opened or written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.options import BenchmarkName, FeedbackWord, LaneWord, MemoryWord
from core.errors import UserError

if TYPE_CHECKING:
    from app.house import AgentPlan
    from benchmarks.config import BenchConfig
    from benchmarks.task import Split
    from core.settings import Settings
    from core.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOrder:
    """One `atlas bench run`, as it was asked for."""

    benchmark: BenchmarkName
    plan: AgentPlan
    data: Path | None = None
    snapshot: str | None = None
    incidents: tuple[int, ...] = ()
    split: Split
    limit: int | None = None
    workers: int = 1
    seed: int = 0
    max_steps: int = 25
    budget_usd: float | None = None
    resume: str | None = None


def make_plan(
    student: str, teacher: str, lane: LaneWord, memory: MemoryWord, feedback: FeedbackWord
) -> AgentPlan:
    """Raises:
    UserError: a SPEC that has no form, or a lane that is not there yet.
    """
    from app.house import AgentPlan
    from atlas.config import AtlasConfig, FeedbackSource, MemoryMode
    from core.episode import Lane
    from core.spec import parse_spec

    if lane is LaneWord.ROUTE:
        raise UserError("lane route is not available yet: choose auto or paired")
    config = AtlasConfig(
        lane=Lane(lane.value), memory=MemoryMode(memory.value), feedback=FeedbackSource(feedback.value)
    )
    return AgentPlan(student=parse_spec(student), teacher=parse_spec(teacher), config=config)


def check_plan(plan: AgentPlan, settings: Settings, budget_usd: float | None) -> None:
    """Refuse before anything is written what cannot work: a missing key or file, an unknown price.

    Raises:
        UserError: in one line, what to do.
    """
    from core.spec import SpecKind

    if plan.teacher.kind in (SpecKind.PYTHON, SpecKind.HTTP):
        raise UserError(
            f"a teacher is offline or a model, not {plan.teacher}: write --teacher offline or provider/model"
        )
    for spec in (plan.student, plan.teacher):
        _check_spec(spec, settings)
        models = (SpecKind.PROVIDER, SpecKind.LOCAL, SpecKind.REPLAY, SpecKind.ADAPTER)
        if budget_usd is not None and spec.kind in models:
            _check_price(str(spec))


def _check_spec(spec: Spec, settings: Settings) -> None:
    from core.spec import SpecKind

    if spec.kind in (SpecKind.PROVIDER, SpecKind.REPLAY, SpecKind.ADAPTER):
        from core.models.build import build_chat_model

        build_chat_model(spec, settings)
    elif spec.kind is SpecKind.LOCAL:
        from core.models.local_gguf import check_gguf

        check_gguf(Path(spec.target).expanduser())
    elif spec.kind is SpecKind.PYTHON:
        from atlas.students.callables import load_callable_student

        load_callable_student(spec.target)


def check_feedback(feedback: FeedbackWord, split: Split) -> None:
    """Raises:
    UserError: learning would hear scores of questions that it is measured on.
    """
    from benchmarks.task import Split

    if feedback is FeedbackWord.SCORE and split is not Split.TRAIN:
        raise UserError("--feedback score opens gold to learning: it works with --split train only")


def _check_price(model: str) -> None:
    from core.prices import price
    from core.usage import TokenUsage

    if not price(model, TokenUsage.zero()).known:
        raise UserError(
            f"the price of {model} is unknown, so --budget-usd cannot hold it; leave the option out"
        )


def snapshot_of(memory: MemoryWord, name: str | None) -> str | None:
    """Raises:
    UserError: a snapshot for a run that may change memory, or reads none.
    """
    if name is not None and memory is not MemoryWord.FROZEN:
        raise UserError("a snapshot never changes: write --memory frozen with --snapshot")
    return name


def parse_split(text: str) -> Split:
    from benchmarks.task import Split

    if text not in set(Split):
        raise UserError(f"no split {text!r}: choose test or train")
    return Split(text)


def bench_config(order: BenchOrder, groups: tuple[int, ...]) -> BenchConfig:
    """What is stored with the run, so that it can be read, resumed and done again."""
    from benchmarks.config import BenchConfig, FeedbackMode
    from core.budget import BudgetLimits

    plan = order.plan
    return BenchConfig(
        groups=groups,
        split=order.split,
        max_steps=order.max_steps,
        seed=order.seed,
        feedback=FeedbackMode(plan.config.feedback.value),
        run_limits=BudgetLimits(usd=order.budget_usd),
        labels=labels(plan),
        prompt_digests=prompt_digests(),
        code_version=code_version(),
    )


def labels(plan: AgentPlan) -> dict[str, str]:
    return {
        "student": str(plan.student),
        "teacher": str(plan.teacher),
        "lane": plan.config.lane.value,
        "memory": plan.config.memory.value,
    }


def prompt_digests() -> dict[str, str]:
    """Digest of every prompt that Atlas may use, by its template's name."""
    import atlas.prompts
    from core.prompts import Prompt

    known = [
        p
        for p in vars(atlas.prompts).values()
        if isinstance(p, type) and issubclass(p, Prompt) and p is not Prompt
    ]
    return {prompt.template: prompt.digest() for prompt in known}


def code_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("atlas-agents")
    except PackageNotFoundError:
        return "unknown"
