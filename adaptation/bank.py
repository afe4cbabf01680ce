"""Choosing among adapters of tasks for an input, as model surgery does (row 12).

Paper: Sun et al. 2025, "MOS: Model Surgery for Pre-Trained Model-Based Class-Incremental Learning".
    retrieval  task <- router of the base (features under it); then task <- router of the adapters (features
               under that task's adapter), until it stays the same, at most 4 rounds: it always ends
    router     linear over features [d], one class a task; put right by drawing features from each task's
               N(mean, covariance) in equal numbers, since earlier tasks' data are gone
    ensemble   token probabilities of base and adapter, mixed
Nothing is trained for an input. The paper's classes are labels and the task follows from the label; here a
task is a class. Features are the mean of the last hidden states over the tokens of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.method import Batch
    from adaptation.methods.model_surgery import ModelSurgery

ROUNDS = 4
SHRINK = 1e-3
"""Of the mean variance, added to each: a covariance from few rows is singular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """The task that was chosen and the rounds that it took; `settled` is False where none stayed."""

    task: int
    rounds: int
    settled: bool


def retrieve(predict: Callable[[int | None], int], rounds: int = ROUNDS) -> Retrieval:
    """`predict` says the task by the features under a task's adapter, or under the base for None."""
    task = predict(None)
    for done in range(1, rounds + 1):
        found = predict(task)
        if found == task:
            return Retrieval(task=task, rounds=done, settled=True)
        task = found
    return Retrieval(task=task, rounds=rounds, settled=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaussian:
    """Features of one task: `mean` [d], `covariance` [d, d]."""

    mean: Tensor
    covariance: Tensor


def gaussian_of(features: Tensor) -> Gaussian:
    """From features [n, d].

    Raises:
        UserError: fewer than two rows have no spread.
    """
    if len(features) < 2:
        raise UserError("a task needs at least two rows for its features to have a spread")
    covariance = torch.cov(features.T)
    shrunk = covariance + SHRINK * covariance.diagonal().mean().clamp_min(1e-6) * torch.eye(len(covariance))
    return Gaussian(mean=features.mean(dim=0), covariance=shrunk)


def aligned_router(
    tasks: Sequence[Gaussian], *, draws: int = 256, steps: int = 50, seed: int = 0
) -> nn.Linear:
    """A linear classifier [tasks, d] over features, trained on as many draws from each Gaussian."""
    draw = torch.Generator().manual_seed(seed)
    parts = [
        task.mean + torch.randn(draws, len(task.mean), generator=draw) @ _root(task.covariance).T
        for task in tasks
    ]
    features, labels = torch.cat(parts), torch.arange(len(tasks)).repeat_interleave(draws)
    router = nn.utils.skip_init(nn.Linear, features.shape[1], len(tasks))
    nn.init.zeros_(router.weight)
    nn.init.zeros_(router.bias)
    optimizer = torch.optim.LBFGS(router.parameters(), max_iter=steps, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = functional.cross_entropy(router(features), labels) + 1e-3 * router.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return router.requires_grad_(False)


@torch.no_grad()
def features_of(model: nn.Module, batch: Batch) -> Tensor:
    """[n, d], on the CPU: the mean of the last hidden states, over tokens that are not masked out."""
    was, device = model.training, next(model.parameters()).device
    model.eval()
    shown = {name: batch[name].to(device) for name in ("input_ids", "attention_mask") if name in batch}
    hidden = model(**shown, output_hidden_states=True).hidden_states[-1]
    model.train(was)
    mask = shown.get("attention_mask", torch.ones_like(shown["input_ids"]))[..., None].to(hidden.dtype)
    return ((hidden * mask).sum(dim=1) / mask.sum(dim=1)).float().cpu()


class AdapterBank:
    """The adapters of a `model-surgery` method, with routers that are put right by `learned`."""

    def __init__(self, model: nn.Module, method: ModelSurgery) -> None:
        self._model, self._method = model, method
        self._base: list[Gaussian] = []
        self._own: list[Gaussian] = []
        self._routers: tuple[nn.Linear, nn.Linear] | None = None

    def learned(self, rows: Batch) -> None:
        """Remember how the features of the task just trained lie, and align the routers over all tasks."""
        self._method.select(None)
        with self._method.off():
            self._base.append(gaussian_of(features_of(self._model, rows)))
        self._own.append(gaussian_of(features_of(self._model, rows)))
        self._routers = aligned_router(self._base), aligned_router(self._own)

    def retrieve(self, rows: Batch) -> Retrieval:
        """The task of rows that belong together, by the mean of their scores; its adapter is live after.

        Raises:
            UserError: no task was learned.
        """
        if self._routers is None:
            raise UserError("the bank has learned no task: call `learned` after training one")
        found = retrieve(lambda task: self._predict(rows, task))
        self._method.select(found.task)
        return found

    @torch.no_grad()
    def mixed(self, rows: Batch, task: int, share: float = 0.5) -> Tensor:
        """Token probabilities [n, t, vocabulary]: `share` of the task's adapter, the rest of the base."""
        device = next(self._model.parameters()).device
        shown = {name: each.to(device) for name, each in rows.items() if name != "labels"}
        with self._method.off():
            base = self._model(**shown).logits.softmax(dim=-1)
        self._method.select(task)
        return share * self._model(**shown).logits.softmax(dim=-1) + (1 - share) * base

    def _predict(self, rows: Batch, task: int | None) -> int:
        assert self._routers is not None
        if task is None:
            with self._method.off():
                features = features_of(self._model, rows)
        else:
            self._method.select(task)
            features = features_of(self._model, rows)
        scores = self._routers[task is not None](features)
        return int(scores.log_softmax(dim=-1).mean(dim=0).argmax())


def _root(covariance: Tensor) -> Tensor:
    """L with L L^T = covariance."""
    return torch.linalg.cholesky(covariance.double()).to(covariance.dtype)
