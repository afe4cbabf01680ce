"""Adapters as continual learners: one after another, replay, EWC and GEM (row 6).

Each implements `continual.Learner` over the adapter that is attached; the base is never touched.
    sequential  each task is trained on its own rows
    replay      rows of earlier tasks are mixed into each batch
    EWC         Kirkpatrick et al. 2017: loss + strength / 2 sum F (w - w*)^2, F the mean squared gradients,
                here of mean 1 for each task: those of rows that are learned well are all but nothing
    GEM         Lopez-Paz and Ranzato 2017: no step may raise the loss on kept rows of an earlier task
In GEM the step itself is turned, not the gradient: AdamW would turn it again. Left out is OGD, for which no
rows are kept: under AdamW's steps, long in every direction, it kept hardly more than learning in sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from adaptation.layers.linear import site_generator
from adaptation.method import AdapterMethod, Batch
from adaptation.training import (
    BatchSource,
    Loss,
    Run,
    TrainingConfig,
    Watcher,
    causal_loss,
    shuffled,
    train,
)
from core.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsTask:
    """One task of a stream: rows to train on, and batches to score; input_ids and labels [n, t] at least."""

    name: str
    train: Batch
    test: tuple[Batch, ...]


@dataclass(slots=True)
class SequentialLearner:
    """Trains what `method` has attached to `model`, one task after another; others add to it."""

    model: nn.Module
    method: AdapterMethod[Any]
    config: TrainingConfig
    size: int = 8

    def learn(self, task: RowsTask) -> None:
        train(
            self.model,
            self.method,
            self.batches(task),
            self.config,
            loss=self.loss(),
            watcher=self.watcher(),
        )
        self.remember(task)

    def score(self, task: RowsTask) -> float:
        """The share of learned tokens that are the likeliest at their place."""
        return token_accuracy(self.model, task.test)

    def batches(self, task: RowsTask) -> BatchSource:
        return shuffled(task.train, self.size, self.config.seed)

    def loss(self) -> Loss:
        return causal_loss

    def watcher(self) -> Watcher | None:
        return None

    def remember(self, task: RowsTask) -> None:
        """Keep what is wanted of a task that was learned."""


@dataclass(slots=True)
class ReplayLearner(SequentialLearner):
    """Keeps `kept` rows of each task, and puts `share` of each batch together from those."""

    kept: int = 16
    share: float = 0.5
    _memory: list[Batch] = field(default_factory=list)

    def batches(self, task: RowsTask) -> BatchSource:
        if not self._memory:
            return shuffled(task.train, self.size, self.config.seed)
        old = max(1, round(self.share * self.size))
        names = task.train.keys()
        earlier = {name: torch.cat([each[name] for each in self._memory]) for name in names}
        own = shuffled(task.train, max(1, self.size - old), self.config.seed)
        again = shuffled(earlier, old, self.config.seed + 1)
        return lambda step: {name: torch.cat([own(step)[name], again(step)[name]]) for name in names}

    def remember(self, task: RowsTask) -> None:
        self._memory.append(_some(task, self.kept, self.config.seed))


@dataclass(slots=True)
class EwcLearner(SequentialLearner):
    """`strength` weighs the pull to where earlier tasks were learned; their F add up."""

    strength: float = 1.0
    _fisher: list[Tensor] = field(default_factory=list)
    _anchor: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        fixed(self.method)

    def loss(self) -> Loss:
        def held(method: AdapterMethod[Any], model: nn.Module, batch: Batch) -> Tensor:
            found = causal_loss(method, model, batch)
            for weight, fisher, anchor in zip(method.parameters(), self._fisher, self._anchor, strict=True):
                found = found + self.strength / 2 * (fisher * (weight - anchor).square()).sum()
            return found

        return held if self._fisher else causal_loss

    def remember(self, task: RowsTask) -> None:
        weights = self.method.parameters()
        gradients = [_gradient(self, row, causal_loss) for row in _single(task.train, self.config.seed, 64)]
        found = _of_mean_one(
            [torch.stack([each[n] for each in gradients]).square().mean(dim=0) for n in range(len(weights))]
        )
        self._fisher = (
            [sum(pair) for pair in zip(self._fisher, found, strict=True)] if self._fisher else found
        )
        self._anchor = [weight.detach().clone() for weight in weights]


@dataclass(slots=True)
class GemLearner(SequentialLearner):
    """Keeps `kept` rows of each task; their gradients are taken anew after every step."""

    kept: int = 16
    _memory: list[Batch] = field(default_factory=list)

    def __post_init__(self) -> None:
        fixed(self.method)

    def watcher(self) -> Watcher | None:
        return _NoWorse(self, self._memory) if self._memory else None

    def remember(self, task: RowsTask) -> None:
        self._memory.append(_some(task, self.kept, self.config.seed))


class _NoWorse(Watcher):
    """Turns each step so that to first order no earlier task's loss rises."""

    def __init__(self, learner: SequentialLearner, memory: list[Batch]) -> None:
        self._learner, self._memory = learner, memory
        self._before = self._gradients = torch.empty(0)

    def on_start(self, run: Run) -> None:
        self._look(run)

    @torch.no_grad()
    def after_step(self, run: Run) -> bool:
        wanted = self._before + turned(_flat(run.method) - self._before, self._gradients)
        start = 0
        for weight in run.method.parameters():
            weight.copy_(wanted[start : start + weight.numel()].view_as(weight))
            start += weight.numel()
        self._look(run)
        return False

    def _look(self, run: Run) -> None:
        with torch.enable_grad():
            found = [_gradient(self._learner, rows, causal_loss) for rows in self._memory]
        self._before = _flat(run.method)
        self._gradients = torch.stack([torch.cat([each.flatten() for each in one]) for one in found])


def turned(change: Tensor, gradients: Tensor, sweeps: int = 100) -> Tensor:
    """The vector [p] nearest to `change` whose product with no row of `gradients` [k, p] is above 0.

    The dual of GEM's quadratic program, min v^T Q v / 2 - v^T b with v >= 0, one v_k after another.
    """
    unit = gradients / gradients.norm(dim=1, keepdim=True).clamp_min(torch.finfo(gradients.dtype).tiny)
    q, b = (unit @ unit.T).double(), (unit @ change).double()
    v = torch.zeros_like(b)
    for _ in range(sweeps if bool((b > 0).any()) else 0):
        for k in range(len(v)):
            v[k] = (v[k] + (b[k] - q[k] @ v) / q[k, k].clamp_min(1e-12)).clamp_min(0)
    return change - unit.T @ v.to(change.dtype)


@torch.no_grad()
def token_accuracy(model: nn.Module, batches: Sequence[Batch]) -> float:
    """The share of learned tokens that are the likeliest at their place, in evaluation mode."""
    was, device = model.training, next(model.parameters()).device
    model.eval()
    right = count = 0
    for batch in batches:
        shown = {name: each.to(device) for name, each in batch.items() if name != "labels"}
        said = model(**shown).logits[:, :-1].argmax(dim=-1)
        labels = batch["labels"][:, 1:].to(device)
        right += int((said == labels)[labels != -100].sum())
        count += int((labels != -100).sum())
    model.train(was)
    return right / count


def fixed(method: AdapterMethod[Any]) -> None:
    """Raises:
    UserError: the method trains other tensors as it goes on, so that nothing can be held near them.
    """
    if method.capabilities.grows or method.capabilities.in_place:
        raise UserError(f"{method.name} trains other tensors as it goes on: learn in sequence or with replay")


def _gradient(learner: SequentialLearner, row: Batch, of: Loss) -> list[Tensor]:
    """d of / d parameters, in evaluation mode."""
    model, device = learner.model, next(learner.model.parameters()).device
    was = model.training
    model.eval()
    value = of(learner.method, model, {name: each.to(device) for name, each in row.items()})
    found = torch.autograd.grad(value, learner.method.parameters())
    model.train(was)
    return list(found)


def _of_mean_one(tensors: list[Tensor]) -> list[Tensor]:
    mean = torch.cat([each.flatten() for each in tensors]).mean().clamp_min(torch.finfo(torch.float32).tiny)
    return [each / mean for each in tensors]


def _single(rows: Batch, seed: int, most: int) -> list[Batch]:
    """Rows one by one, at most so many, drawn."""
    order = torch.randperm(len(rows["input_ids"]), generator=torch.Generator().manual_seed(seed))[:most]
    return [{name: each[place : place + 1] for name, each in rows.items()} for place in order.tolist()]


def _some(task: RowsTask, most: int, seed: int) -> Batch:
    """At most so many rows, drawn."""
    draw = site_generator(seed, task.name)
    chosen = torch.randperm(len(task.train["input_ids"]), generator=draw)[:most]
    return {name: each[chosen] for name, each in task.train.items()}


def _flat(method: AdapterMethod[Any]) -> Tensor:
    return torch.cat([each.detach().flatten() for each in method.parameters()])
