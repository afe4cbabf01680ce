"""Adapters as continual learners: one after another, replay, EWC, and OGD (row 6).

Each implements `continual.Learner` over the adapter that is attached; the base is never touched.
    sequential  each task is trained on its own rows
    replay      rows of earlier tasks are mixed into each batch
    EWC         Kirkpatrick et al. 2017: loss + strength / 2 sum F (w - w*)^2, F the mean squared gradients,
                here of mean 1 for each task: those of rows that are learned well are all but nothing
    OGD         Farajtabar et al. 2020: the step is made orthogonal to the gradients of earlier tasks' outputs,
                here of the margin of a row's learned tokens over all others
The change of parameters itself is projected in OGD, not the gradient: AdamW would turn it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from adaptation.linear import site_generator
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
    """One task of a stream: rows to train on and rows to score, each input_ids and labels [n, t] at least."""

    name: str
    train: Batch
    test: Batch


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
        rows = len(task.train["input_ids"])
        chosen = torch.randperm(rows, generator=site_generator(self.config.seed, task.name))[: self.kept]
        self._memory.append({name: each[chosen] for name, each in task.train.items()})


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
class OgdLearner(SequentialLearner):
    """`directions` gradients of each task are kept, orthonormal, as many numbers each as are trained."""

    directions: int = 16
    _basis: Tensor | None = None

    def __post_init__(self) -> None:
        fixed(self.method)

    def watcher(self) -> Watcher | None:
        return None if self._basis is None else _Orthogonal(self._basis)

    def remember(self, task: RowsTask) -> None:
        rows = _single(task.train, self.config.seed, self.directions)
        found = [torch.cat([each.flatten() for each in _gradient(self, row, gold_margins)]) for row in rows]
        columns = torch.stack(found, dim=1)
        if self._basis is not None:
            columns = torch.cat([self._basis, columns], dim=1)
        self._basis = torch.linalg.qr(columns)[0]


class _Orthogonal(Watcher):
    """Takes out of each step what lies in the span of `basis` [parameters, directions]."""

    def __init__(self, basis: Tensor) -> None:
        self._basis = basis
        self._before: Tensor | None = None

    def on_start(self, run: Run) -> None:
        self._before = _flat(run.method)

    @torch.no_grad()
    def after_step(self, run: Run) -> bool:
        assert self._before is not None
        change = _flat(run.method) - self._before
        self._before = self._before + change - self._basis @ (self._basis.T @ change)
        start = 0
        for weight in run.method.parameters():
            weight.copy_(self._before[start : start + weight.numel()].view_as(weight))
            start += weight.numel()
        return False


def gold_margins(method: AdapterMethod[Any], model: nn.Module, batch: Batch) -> Tensor:
    """The sum over learned tokens of their logit less the log of the sum of all others' exponents.

    What decides whether they stay the likeliest; unlike the loss its gradient is not nothing where they are.
    """
    labels = batch["labels"][:, 1:]
    logits = model(**{name: each for name, each in batch.items() if name != "labels"}).logits[:, :-1]
    places = labels.clamp_min(0)[..., None]
    rest = logits.scatter(2, places, -torch.inf).logsumexp(dim=-1)
    return (logits.gather(2, places)[..., 0] - rest)[labels != -100].sum()


@torch.no_grad()
def token_accuracy(model: nn.Module, rows: Batch) -> float:
    """The share of learned tokens that are the likeliest at their place, in evaluation mode."""
    was, device = model.training, next(model.parameters()).device
    model.eval()
    shown = {name: each.to(device) for name, each in rows.items() if name != "labels"}
    said = model(**shown).logits[:, :-1].argmax(dim=-1)
    model.train(was)
    labels = rows["labels"][:, 1:].to(device)
    return float((said == labels)[labels != -100].float().mean())


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


def _flat(method: AdapterMethod[Any]) -> Tensor:
    return torch.cat([each.detach().flatten() for each in method.parameters()])
