"""ID3: entries are unmasked step by step, where the gradient is large for the weight's size (row 36).

Paper: Agarwal et al. 2024, "Step-by-Step Unmasking for Parameter-Efficient Fine-tuning of Large Language
Models" (ID3).
    at each of T steps about B / T new entries with the largest |g| / (eps + |w|)^e are trained from then on
Trainable: after t steps the whole part of t B / T, at most B; entries are updated B (T + 1) / 2 times in all,
about half of what a mask fixed from the start would do. Choosing needs the gradient of every entry, so
memory is not saved; the optimiser's state is. Weight decay is off: in the released code, which masks
gradients alone, AdamW would decay every weight. Ties never exceed the budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.sparse import SparseDeltaLinear, largest
from adaptation.method import Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving, Unit
from adaptation.training import Callback, Run


class Id3Config(MethodConfig):
    """`budget` is B; it is spent within `steps`, T, or within the run's own number of steps."""

    budget: int = Field(default=100_000, ge=1)
    steps: int | None = Field(default=None, ge=1)
    epsilon: float = Field(default=1.0, gt=0)
    exponent: float = Field(default=0.5, ge=0)


class Id3(LinearMethod[Id3Config]):
    name: ClassVar = "id3"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE, grows=True)
    config_type: ClassVar = Id3Config
    knob: ClassVar = Knob(options=("budget",), unit=Unit.PARAMETERS)

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> SparseDeltaLinear:
        return SparseDeltaLinear(base, torch.empty(0, dtype=torch.int64), dense_gradient=True)

    def param_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        return [{"params": self.parameters(), "lr": learning_rate, "weight_decay": 0.0}]

    def callbacks(self) -> Sequence[Callback]:
        return (Unmask(self),)

    def count_layer(self, layer: SparseDeltaLinear) -> int:
        return int(layer.indices.numel())


class Unmask(Callback):
    def __init__(self, method: Id3) -> None:
        self._method = method

    @torch.no_grad()
    def before_step(self, run: Run) -> None:
        method, config = self._method, self._method.config
        steps = config.steps or run.config.steps
        wanted = min(config.budget, config.budget * (run.step + 1) // steps)
        new = wanted - method.count()
        if new <= 0:
            return
        for name, places in largest(
            {n: self._scores(each) for n, each in method.layers.items()}, new
        ).items():
            if places.numel():
                method.layers[name].grow(run, places)

    def _scores(self, layer: Any) -> Tensor:
        """[o * i]; -inf where an entry is trained already."""
        weight = (layer.weight + layer.delta()).abs() + self._method.config.epsilon
        scores = (layer.dense_gradient().abs() / weight**self._method.config.exponent).flatten()
        return scores.index_fill(0, layer.indices, -torch.inf)
