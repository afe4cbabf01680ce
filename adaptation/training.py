"""The training loop: gradients, callbacks, clipping, a step. Plain, and the same by its seed.

Not the Trainer of transformers: its hook for gradients comes after clipping, so that masked entries would
count in the norm; methods here grow their tensors and swap them in the optimiser; and one of them needs two
backward passes. The whole loop is shorter than what it would take to bend that one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from core.errors import ProviderError, UserError

if TYPE_CHECKING:
    from adaptation.method import AdapterMethod, Batch

BatchSource = Callable[[int], "Batch"]
"""The batch of a step, counted from 0: the same at each call, so that a run can be taken up anywhere."""


class TrainingConfig(BaseModel):
    """`clip_norm` 0 clips nothing; `seconds` ends the run early, after a whole step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(default=60, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    clip_norm: float = Field(default=1.0, ge=0)
    warmup_steps: int = Field(default=0, ge=0)
    schedule: Literal["constant", "linear"] = "constant"
    seed: int = 0
    seconds: float | None = Field(default=None, gt=0)

    def factor(self, step: int) -> float:
        """What the learning rate is multiplied by at a step, counted from 0."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        if self.schedule == "constant":
            return 1.0
        return (self.steps - step) / max(1, self.steps - self.warmup_steps)


@dataclass(slots=True, kw_only=True)
class Run:
    """What callbacks see. `step` counts from 0."""

    model: nn.Module
    method: AdapterMethod[Any]
    optimizer: torch.optim.Optimizer
    config: TrainingConfig
    step: int = 0


class Callback:
    """Acts at points of a step; each does nothing unless a method says otherwise."""

    def on_start(self, run: Run) -> None:
        """Before the first step."""

    def before_step(self, run: Run) -> None:
        """Gradients are there, not yet clipped; the optimiser has not moved."""

    def after_step(self, run: Run) -> None:
        """The optimiser has moved; gradients are still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """`losses` has the model's own loss of each step, before the step."""

    losses: tuple[float, ...]
    seconds: float
    tokens: int


@dataclass(slots=True)
class _Tally:
    losses: list[float] = field(default_factory=list)
    tokens: int = 0


def train(
    model: nn.Module, method: AdapterMethod[Any], batches: BatchSource, config: TrainingConfig
) -> TrainingResult:
    """Train what `method` has attached to `model`. The caller's random state is left alone.

    Raises:
        UserError: the method has nothing attached.
        ProviderError: the loss is no number any more.
    """
    if not method.layers:
        raise UserError("attach the method to the model before training")
    device = next(model.parameters()).device
    start, tally = time.monotonic(), _Tally()
    was_training = model.training
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.seed)
        model.train()
        run = Run(model=model, method=method, optimizer=_optimizer(method, config), config=config)
        callbacks = method.callbacks()
        for callback in callbacks:
            callback.on_start(run)
        for step in range(config.steps):
            run.step = step
            _step(run, {k: v.to(device) for k, v in batches(step).items()}, callbacks, tally)
            if config.seconds is not None and time.monotonic() - start >= config.seconds:
                break
    model.train(was_training)
    return TrainingResult(losses=tuple(tally.losses), seconds=time.monotonic() - start, tokens=tally.tokens)


def _optimizer(method: AdapterMethod[Any], config: TrainingConfig) -> torch.optim.Optimizer:
    groups = method.param_groups(config.learning_rate)
    for group in groups:
        group["full_lr"] = group["lr"]
        group.setdefault("weight_decay", config.weight_decay)
    # One pass over each tensor instead of ten, on a CPU too.
    return torch.optim.AdamW(groups, fused=True)


def _step(run: Run, batch: Batch, callbacks: Sequence[Callback], tally: _Tally) -> None:
    config, optimizer = run.config, run.optimizer
    for group in optimizer.param_groups:
        group["lr"] = group["full_lr"] * config.factor(run.step)
    optimizer.zero_grad(set_to_none=True)
    loss = float(run.method.backward(run.model, batch))
    if loss != loss or loss in (float("inf"), float("-inf")):
        raise ProviderError(f"training diverged at step {run.step}: use a smaller learning rate")
    for callback in callbacks:
        callback.before_step(run)
    if config.clip_norm:
        torch.nn.utils.clip_grad_norm_(run.method.parameters(), config.clip_norm)
    optimizer.step()
    for callback in callbacks:
        callback.after_step(run)
    tally.losses.append(loss)
    tally.tokens += batch["input_ids"].numel()


def shuffled(rows: Batch, size: int, seed: int = 0) -> BatchSource:
    """Batches of `size` rows of tensors [n, ...]; each pass over the rows has its own order."""
    count = next(iter(rows.values())).shape[0]
    per_pass = max(1, count // size)

    def batch(step: int) -> Batch:
        turn, place = divmod(step, per_pass)
        order = torch.randperm(count, generator=torch.Generator().manual_seed(seed * 1_000_003 + turn))
        chosen = order[place * size : (place + 1) * size]
        return {name: tensor[chosen] for name, tensor in rows.items()}

    return batch


def swap_parameter(
    optimizer: torch.optim.Optimizer,
    old: nn.Parameter,
    new: nn.Parameter,
    carry: Callable[[Tensor], Tensor],
) -> None:
    """Put `new` in the place of `old`; moments go over by `carry`, from the old shape to the new."""
    for group in optimizer.param_groups:
        group["params"] = [new if each is old else each for each in group["params"]]
    state = optimizer.state.pop(old, None)
    if state:
        optimizer.state[new] = {
            name: carry(value) if torch.is_tensor(value) and value.shape == old.shape else value
            for name, value in state.items()
        }
