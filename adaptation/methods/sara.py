"""SaRA: train the weights that are nearly nothing (row 15).

Paper: Hu et al. 2024, "SaRA: High-Efficient Diffusion Model Fine-tuning with Progressive Sparse Low-Rank
Adaptation", arXiv 2409.06633.
    M = entries with |w| < tau, tau such that `share` of all target entries lie below it
    train w at M alone; extra loss: nuclear * |w at M|_* of one matrix drawn at each step, of those with both
    sides at least `smallest_side`; after half the steps M becomes what still lies below the same tau
    learning rate times exp(-350 tau)
Trainable: the size of M, and the optimiser's state is of that size. That such weights are free to use was
shown for diffusion models. The released code starts from |w| and so turns the sign of negative ones; here
the values are what is added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.sparse import SparseDeltaLinear, smallest_share
from adaptation.method import Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving, Unit
from adaptation.training import Callback, Run

DAMPING = 350.0


class SaraConfig(MethodConfig):
    share: float = Field(default=0.1, gt=0, lt=1)
    nuclear: float = Field(default=5e-4, ge=0)
    smallest_side: int = Field(default=64, ge=1)


class Sara(LinearMethod[SaraConfig]):
    name: ClassVar = "sara"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE, grows=True)
    config_type: ClassVar = SaraConfig
    knob: ClassVar = Knob(options=("share",), unit=Unit.SHARE)

    def __init__(self, config: SaraConfig) -> None:
        super().__init__(config)
        self.threshold = 0.0
        """tau."""

    def prepare(self, sites: Mapping[str, nn.Linear], plan: Plan) -> None:
        self.threshold = smallest_share({n: base.weight for n, base in sites.items()}, self.config.share)

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> SparseDeltaLinear:
        below = base.weight.detach().abs().flatten() < self.threshold
        return SparseDeltaLinear(base, below.nonzero().flatten())

    def param_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        rate = learning_rate * float(torch.tensor(-DAMPING * self.threshold).exp())
        return [{"params": self.parameters(), "lr": rate, "weight_decay": 0.0}]

    def callbacks(self) -> Sequence[Callback]:
        return (ChooseAgain(self),)

    def extra_loss(self) -> Tensor | None:
        """Draws from torch's own random numbers, which the training loop has seeded."""
        wide = [
            layer for layer in self.layers.values() if min(layer.weight.shape) >= self.config.smallest_side
        ]
        if not self.config.nuclear or not wide:
            return None
        layer = wide[int(torch.randint(len(wide), ()))]
        flat = torch.zeros_like(layer.weight).flatten()
        trained = layer.weight.flatten()[layer.indices] + layer.values
        matrix = flat.index_add(0, layer.indices, trained).view_as(layer.weight)
        # There is no decomposition in half precision.
        whole = matrix.to(torch.promote_types(matrix.dtype, torch.float32))
        return self.config.nuclear * torch.linalg.matrix_norm(whole, ord="nuc").to(matrix.dtype)

    def count_layer(self, layer: SparseDeltaLinear) -> int:
        return int(layer.indices.numel())


class ChooseAgain(Callback):
    """At half time only what still lies below the threshold goes on being trained."""

    def __init__(self, method: Sara) -> None:
        self._method = method

    def after_step(self, run: Run) -> None:
        if run.step + 1 != run.config.steps // 2:
            return
        for layer in self._method.layers.values():
            now = layer.weight.flatten()[layer.indices] + layer.values.detach()
            layer.narrow(run, now.abs() < self._method.threshold)
