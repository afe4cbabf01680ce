"""One training of a comparison, and what is measured of it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ConfigDict
from torch import nn

from adaptation.artifact import CARD, WEIGHTS, make, save
from adaptation.comparison.peaks import MemoryPeak
from adaptation.data.batches import batch_source, in_order
from adaptation.data.encoding import IGNORED, AnyRow
from adaptation.data.preparing import Rows
from adaptation.method import AdapterMethod, Batch, Capabilities
from adaptation.objectives import predicting
from adaptation.training import TrainingConfig, TrainingResult, train
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Budget(StrEnum):
    """What all methods have alike."""

    PARAMETERS = "parameters"
    """Trainable parameters and steps."""
    TIME = "time"
    """Seconds of planning and training together, at the same sizes."""


class Score(BaseModel):
    """Mean loss over learned tokens, and the share of them that has the highest probability of all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    loss: float
    accuracy: float


class Trial(BaseModel):
    """One method, budget and seed. Losses are nats a token, `plan_seconds` what it took before training.

    `forgetting` is the loss on neutral text after training minus that before. `fault` says why there are no
    figures.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str
    budget: Budget
    seed: int
    options: dict[str, Any] = {}
    learning_rate: float = 0.0
    parameters: int = 0
    steps: int = 0
    tokens: int = 0
    plan_seconds: float = 0.0
    train_seconds: float = 0.0
    peak_bytes: int = 0
    bytes_on_disk: int = 0
    before: Score | None = None
    after: Score | None = None
    forgetting: float | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """What all methods meet: a base without adapter, rows, neutral text. `plain` has the base's scores.

    `rows_for` says which rows a method plans from and is trained on.
    """

    model: nn.Module
    learned: Sequence[AnyRow]
    held_out: Sequence[AnyRow]
    neutral: Sequence[Batch]
    pad: int
    batch_size: int
    rows_for: Callable[[Capabilities], Rows]
    plain: dict[str, Score] = field(default_factory=dict)

    def measured(self, rows: Sequence[AnyRow]) -> Score:
        """As the model is now."""
        return score(self.model, in_order(rows, self.batch_size, self.pad))

    def measured_on_neutral(self) -> Score:
        return score(self.model, self.neutral)

    def measure_base(self) -> None:
        """Remember what the base does before anything is attached."""
        self.plain["held_out"] = self.measured(self.held_out)
        self.plain["neutral"] = self.measured_on_neutral()

    def is_untouched(self) -> bool:
        """The base answers neutral text as at the start, to the bit."""
        return self.measured_on_neutral() == self.plain["neutral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a method enters: its size, its learning rate, and what a step of it took when that was tried."""

    method: str
    options: Mapping[str, Any]
    knob_value: int
    learning_rate: float
    step_seconds: float


@torch.no_grad()
def score(model: nn.Module, batches: Sequence[Batch]) -> Score:
    """In evaluation mode, each token weighing the same."""
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    loss = right = count = 0.0
    for batch in batches:
        held = {name: value.to(device) for name, value in batch.items()}
        labels = held.pop("labels")
        places = predicting(labels)
        told, wanted = model(**held).logits[places].float(), labels[:, 1:][labels[:, 1:] != IGNORED]
        loss += float(nn.functional.cross_entropy(told, wanted, reduction="sum"))
        right += float((told.argmax(dim=-1) == wanted).sum())
        count += wanted.numel()
    model.train(was_training)
    return Score(loss=loss / count, accuracy=right / count)


@contextmanager
def attached(arena: Arena, fit: Fit, steps: int, seed: int) -> Iterator[AdapterMethod[Any]]:
    """The method on the base while it lasts; of a method with tasks the one task."""
    kind = make(fit.method, {})
    pace = kind.paced(steps, fit.knob_value, _layers(arena.model, kind))
    method = make(fit.method, {**fixed_options(kind), **pace, **fit.options, "seed": seed})
    planning = arena.rows_for(method.capabilities).planning
    try:
        method.attach(arena.model, method.plan(arena.model, planning))
        if method.capabilities.per_task:
            method.select(0)  # type: ignore[attr-defined]
        yield method
    finally:
        method.detach(arena.model)


def fixed_options(method: AdapterMethod[Any]) -> dict[str, Any]:
    """There is one task here, however many a method could have."""
    return {"tasks": 1} if method.capabilities.per_task else {}


def _layers(model: nn.Module, method: AdapterMethod[Any]) -> int:
    targets = getattr(method.config, "targets", ())
    return sum(name.rpartition(".")[2] in targets for name, _ in model.named_modules())


def trained(arena: Arena, method: AdapterMethod[Any], config: TrainingConfig) -> TrainingResult:
    """Train on the learned rows in the order of the seed."""
    rows = arena.rows_for(method.capabilities).learned
    batches = batch_source(rows, arena.batch_size, arena.pad, config.seed)
    return train(arena.model, method, batches, config)


def run_trial(
    arena: Arena, fit: Fit, budget: Budget, config: TrainingConfig, seconds: float | None = None
) -> Trial:
    """Plan, attach, train and measure; the arena's base is left without adapter.

    With `seconds` for the budget of time, planning is taken off and as many steps are planned for as the rest
    has room for.

    Raises:
        UserError: the method cannot be attached, or planning takes all the time.
        ProviderError: training diverged.
    """
    peak = MemoryPeak(next(arena.model.parameters()).device)
    steps = config.steps if seconds is None else max(1, int(seconds / fit.step_seconds))
    started = time.monotonic()
    with attached(arena, fit, steps, config.seed) as method:
        planned = time.monotonic() - started
        if seconds is not None:
            if planned >= seconds:
                raise UserError(f"planning alone took {planned:.1f} s of {seconds:.1f} s")
            left = seconds - planned
            steps = max(1, int(left / fit.step_seconds))
            config = config.model_copy(update={"steps": steps, "seconds": left})
        result = trained(arena, method, config)
        peak_bytes = peak.bytes()
        neutral = arena.measured_on_neutral()
        return Trial(
            method=fit.method,
            budget=budget,
            seed=config.seed,
            options=dict(fit.options),
            learning_rate=config.learning_rate,
            parameters=method.count(),
            steps=len(result.losses),
            tokens=result.tokens,
            plan_seconds=planned,
            train_seconds=result.seconds,
            peak_bytes=peak_bytes,
            bytes_on_disk=_bytes(method),
            before=arena.plain["held_out"],
            after=arena.measured(arena.held_out),
            forgetting=neutral.loss - arena.plain["neutral"].loss,
        )


def _bytes(method: AdapterMethod[Any]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        save(method, Path(folder))
        return sum((Path(folder) / name).stat().st_size for name in (CARD, WEIGHTS))
