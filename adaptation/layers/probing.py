"""What planners need of a model: gradients and a short full tuning, after which it is as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.method import Batch


@contextmanager
def borrowed(model: nn.Module, weights: Mapping[str, nn.Parameter]) -> Iterator[None]:
    """Let `weights` alone have gradients, in evaluation mode; put everything back afterwards, to the bit."""
    wanted = {name: each.requires_grad for name, each in model.named_parameters()}
    kept = {name: weight.detach().clone() for name, weight in weights.items()}
    was_training = model.training
    model.eval().requires_grad_(False)
    for weight in weights.values():
        weight.requires_grad_(True)
    try:
        yield
    finally:
        with torch.no_grad():
            for name, weight in weights.items():
                weight.copy_(kept[name])
                weight.grad = None
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(wanted[name])
        model.train(was_training)


def gradients(model: nn.Module, weights: Mapping[str, nn.Parameter], batch: Batch) -> dict[str, Tensor]:
    """dL/dweight of one batch, by name; within `borrowed`."""
    device = next(model.parameters()).device
    loss = model(**{name: value.to(device) for name, value in batch.items()}).loss
    found = torch.autograd.grad(loss, list(weights.values()))
    return dict(zip(weights, found, strict=True))


@torch.no_grad()
def loss_of(model: nn.Module, batches: Sequence[Batch]) -> float:
    """Mean loss over batches."""
    device = next(model.parameters()).device
    losses = [model(**{name: value.to(device) for name, value in batch.items()}).loss for batch in batches]
    return float(torch.stack(losses).mean())


def tuned(
    model: nn.Module,
    weights: Mapping[str, nn.Parameter],
    batches: Sequence[Batch],
    *,
    steps: int,
    learning_rate: float,
) -> dict[str, Tensor]:
    """The weights after so many steps of full tuning (AdamW, no decay); `borrowed` rewinds them."""
    needed(batches)
    optimizer = torch.optim.AdamW(list(weights.values()), lr=learning_rate, weight_decay=0.0)
    for step in range(steps):
        for name, gradient in gradients(model, weights, batches[step % len(batches)]).items():
            weights[name].grad = gradient
        optimizer.step()
    return {name: weight.detach().clone() for name, weight in weights.items()}


def contributions(
    model: nn.Module,
    start: Mapping[str, Tensor],
    weights: Mapping[str, nn.Parameter],
    batches: Sequence[Batch],
    *,
    end: Mapping[str, Tensor],
    points: int,
) -> dict[str, Tensor]:
    """Integrated gradients from `end` to `start`, by entry: (start - end) * mean of dL/dw on the way.

    Taken in the middle of each of `points` pieces, so that all entries sum up to L(start) - L(end). Within
    `borrowed`.
    """
    needed(batches)
    sums = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    for point in range(points):
        share = (point + 0.5) / points
        with torch.no_grad():
            for name, weight in weights.items():
                weight.copy_(end[name] + share * (start[name] - end[name]))
        for batch in batches:
            for name, gradient in gradients(model, weights, batch).items():
                sums[name] += gradient
    count = points * len(batches)
    return {name: (start[name] - end[name]) * sums[name] / count for name in weights}


def squares(
    model: nn.Module, weights: Mapping[str, nn.Parameter], batches: Sequence[Batch]
) -> dict[str, Tensor]:
    """Sum over batches of the squared gradient of each entry; within `borrowed`."""
    needed(batches)
    return _summed(lambda batch: gradients(model, weights, batch), weights, batches)


def _summed(
    of: Callable[[Batch], Mapping[str, Tensor]], weights: Mapping[str, Tensor], batches: Sequence[Batch]
) -> dict[str, Tensor]:
    sums = {name: torch.zeros_like(weight, requires_grad=False) for name, weight in weights.items()}
    for batch in batches:
        for name, gradient in of(batch).items():
            sums[name] += gradient.square()
    return sums


def needed(batches: Sequence[Batch]) -> None:
    """Raises:
    UserError: there is nothing to plan from.
    """
    if not batches:
        raise UserError("this method plans from data: give it batches to calibrate on")
