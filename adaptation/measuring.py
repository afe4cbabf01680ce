"""The errors that a manifest tells: of starting, of merging, of exporting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from adaptation.layers.tasks import TaskMethod
from adaptation.method import AdapterMethod, Batch, Serving
from adaptation.serving.export import lora_factors
from core.errors import UserError


@torch.no_grad()
def logits(model: nn.Module, batch: Batch) -> Tensor:
    """[b, t, vocabulary] in evaluation mode; padded places are zero."""
    device = next(model.parameters()).device
    read = ("input_ids", "attention_mask", "task_ids")
    held = {name: batch[name].to(device) for name in read if name in batch}
    was_training = model.training
    model.eval()
    found: Tensor = model(**held).logits
    model.train(was_training)
    mask = held.get("attention_mask")
    return found if mask is None else found * mask[..., None]


def identity_error(method: AdapterMethod[Any], model: nn.Module, batch: Batch) -> float:
    """max |logits(adapter on) - logits(adapter off)|."""
    on = logits(model, batch)
    with method.off():
        return _largest(on - logits(model, batch))


def merge_error(method: AdapterMethod[Any], model: nn.Module, batch: Batch) -> float | None:
    """max |logits(adapter) - logits(merged)|, over the tasks; None where the method runs live only."""
    if method.capabilities.serving is Serving.RUNTIME_ONLY:
        return None
    shown = {name: value for name, value in batch.items() if name != "task_ids"}
    errors = []
    for _ in each_task(method):
        live = logits(model, shown)
        method.merge()
        errors.append(_largest(live - logits(model, shown)))
        method.unmerge()
    return max(errors)


def export_error(method: AdapterMethod[Any], rank: int | None) -> float | None:
    """The largest |delta - B A| / |delta| of a layer as a LoRA; None where there is no exact one and no rank
    is asked for, or a LoRA cannot hold it at all.
    """
    exact = method.capabilities.serving is Serving.EXACT_LORA
    if method.capabilities.serving is Serving.RUNTIME_ONLY or not (exact or rank):
        return None
    errors = [0.0]
    for _ in each_task(method):
        try:
            factors = lora_factors(method, None if exact else rank)
        except UserError:
            return None
        for site, pair in factors.items():
            delta = method.layers[site].delta().detach()
            size = float(delta.norm())
            errors.append(float((delta - pair.b @ pair.a).norm()) / size if size else 0.0)
    return max(errors)


def each_task(method: AdapterMethod[Any]) -> Iterator[int | None]:
    """Select each task in turn, then the one from before; a method without tasks has one turn."""
    if not isinstance(method, TaskMethod):
        yield None
        return
    before = method.choice.task
    for task in range(method.choice.tasks):
        method.select(task)
        yield task
    method.select(before)


def _largest(difference: Tensor) -> float:
    return float(difference.abs().max())
