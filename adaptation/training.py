"""The training loop: gradients, callbacks, clipping, a step. Plain, and the same by its seed.

Not the Trainer of transformers: its hook for gradients comes after clipping, so that masked entries would
count in the norm; methods here grow their tensors and swap them in the optimiser; and one of them needs two
backward passes. The whole loop is shorter than what it would take to bend that one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from adaptation.width_rule import WidthRule, ends_of
from core.errors import ProviderError, UserError

if TYPE_CHECKING:
    from adaptation.method import AdapterMethod, Batch

BatchSource = Callable[[int], "Batch"]
"""The batch of a step, counted from 0: the same at each call, so that a run can be taken up anywhere."""
Loss = Callable[["AdapterMethod[Any]", nn.Module, "Batch"], Tensor]
"""What is made smaller: a scalar with its graph, of one batch. `method.off()` gives the base model."""


def causal_loss(method: AdapterMethod[Any], model: nn.Module, batch: Batch) -> Tensor:
    """Mean cross entropy of the tokens whose label is not -100."""
    return model(**batch).loss


class TrainingConfig(BaseModel):
    """`clip_norm` 0 clips nothing; `seconds` ends the run early, after a whole step.

    With `width_rule` the learning rate is that of its proxy, and its decay goes before `weight_decay`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(default=60, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    clip_norm: float = Field(default=1.0, ge=0)
    warmup_steps: int = Field(default=0, ge=0)
    schedule: Literal["constant", "linear"] = "constant"
    seed: int = 0
    seconds: float | None = Field(default=None, gt=0)
    width_rule: WidthRule | None = None

    def factor(self, step: int) -> float:
        """What the learning rate is multiplied by at a step, counted from 0."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        if self.schedule == "constant":
            return 1.0
        return (self.steps - step) / max(1, self.steps - self.warmup_steps)


@dataclass(slots=True, kw_only=True)
class Run:
    """What callbacks and a watcher see. `step` counts from 0; `losses` has those of the whole steps."""

    model: nn.Module
    method: AdapterMethod[Any]
    optimizer: torch.optim.Optimizer
    config: TrainingConfig
    callbacks: Sequence[Callback] = ()
    step: int = 0
    losses: list[float] = field(default_factory=list)
    tokens: int = 0
    earlier_seconds: float = 0.0
    """Those of the goes before this one, where training was taken up again."""
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return self.earlier_seconds + time.monotonic() - self.began

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    def state(self) -> dict[str, Any]:
        """All that the steps to come depend on, between two steps: tensors, numbers, texts, lists, dicts."""
        return {
            "method": self.method.working_state(),
            "optimizer": self.optimizer.state_dict(),
            "callbacks": [callback.state() for callback in self.callbacks],
            "random": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
            "losses": list(self.losses),
            "tokens": self.tokens,
            "seconds": self.seconds,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken, to the bit.

        Raises:
            UserError: the state is of another method or model.
        """
        self.method.load_working(state["method"])
        self.optimizer = _optimizer(
            self.model, self.method, self.config
        )  # what grew is another parameter by now
        self.optimizer.load_state_dict(state["optimizer"])
        for callback, own in zip(self.callbacks, state["callbacks"], strict=True):
            callback.load(own)
        torch.set_rng_state(state["random"])
        if state["cuda"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda"], self.device)
        self.losses = list(state["losses"])
        self.tokens, self.earlier_seconds = state["tokens"], state["seconds"]


class Callback:
    """Acts at points of a step; each does nothing unless a method says otherwise."""

    def on_start(self, run: Run) -> None:
        """Before the first step."""

    def before_step(self, run: Run) -> None:
        """Gradients are there, not yet clipped; the optimiser has not moved."""

    def after_step(self, run: Run) -> None:
        """The optimiser has moved; gradients are still there."""

    def state(self) -> dict[str, Any]:
        """What it remembers from step to step, and is in no tensor of the method."""
        return {}

    def load(self, state: Mapping[str, Any]) -> None:
        """Put back what `state` gave; after `on_start`."""


class Watcher:
    """Looks at a run from outside: keeps checkpoints, shows progress, ends it."""

    def on_start(self, run: Run) -> None:
        """Before the first step; may `restore` the run."""

    def after_step(self, run: Run) -> bool:
        """After each whole step; True ends the run."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """`losses` has the model's own loss of each step, before the step."""

    losses: tuple[float, ...]
    seconds: float
    tokens: int


def train(
    model: nn.Module,
    method: AdapterMethod[Any],
    batches: BatchSource,
    config: TrainingConfig,
    *,
    loss: Loss = causal_loss,
    watcher: Watcher | None = None,
) -> TrainingResult:
    """Train what `method` has attached to `model`. The caller's random state is left alone.

    Raises:
        UserError: the method has nothing attached.
        ProviderError: the loss is no number any more.
    """
    if not method.layers:
        raise UserError("attach the method to the model before training")
    device = next(model.parameters()).device
    watcher = watcher or Watcher()
    was_training = model.training
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.seed)
        model.train()
        optimizer, callbacks = _optimizer(model, method, config), method.callbacks()
        run = Run(model=model, method=method, optimizer=optimizer, config=config, callbacks=callbacks)
        for callback in callbacks:
            callback.on_start(run)
        watcher.on_start(run)
        for step in range(len(run.losses), config.steps):
            run.step = step
            _step(run, {k: v.to(device) for k, v in batches(step).items()}, loss)
            late = config.seconds is not None and run.seconds >= config.seconds
            if watcher.after_step(run) or late:
                break
    model.train(was_training)
    return TrainingResult(losses=tuple(run.losses), seconds=run.seconds, tokens=run.tokens)


def _optimizer(model: nn.Module, method: AdapterMethod[Any], config: TrainingConfig) -> torch.optim.Optimizer:
    groups = method.param_groups(config.learning_rate)
    if config.width_rule is not None:
        groups = config.width_rule.applied(groups, int(model.config.hidden_size), ends_of(model))
    for group in groups:
        group["full_lr"] = group["lr"]
        group.setdefault("weight_decay", config.weight_decay)
    # One pass over each tensor instead of ten, on a CPU too.
    return torch.optim.AdamW(groups, fused=True)


def _step(run: Run, batch: Batch, of: Loss) -> None:
    config, optimizer = run.config, run.optimizer
    for group in optimizer.param_groups:
        group["lr"] = group["full_lr"] * config.factor(run.step)
    optimizer.zero_grad(set_to_none=True)
    loss = float(run.method.backward(run.model, batch, of))
    if loss != loss or loss in (float("inf"), float("-inf")):
        raise ProviderError(f"training diverged at step {run.step}: use a smaller learning rate")
    for callback in run.callbacks:
        callback.before_step(run)
    if config.clip_norm:
        torch.nn.utils.clip_grad_norm_(run.method.parameters(), config.clip_norm)
    optimizer.step()
    for callback in run.callbacks:
        callback.after_step(run)
    run.losses.append(loss)
    run.tokens += tokens_of(batch)


def tokens_of(batch: Batch) -> int:
    """Without padding, where there is a mask."""
    mask = batch.get("attention_mask")
    return batch["input_ids"].numel() if mask is None else int(mask.sum())


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
