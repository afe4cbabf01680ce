"""IncreLoRA: ranks that grow where they matter (row 27).

Paper: Zhang et al. 2023, "IncreLoRA: Incremental Parameter Allocation Method for Parameter-Efficient
Fine-tuning", arXiv 2308.12043.
    delta = s B diag(E) A;  A [R + k, i], B [o, R + k] ~ N(0, 0.02^2), E [R] = 0
The last k components are in reserve: they train with a weight of 1e-5 that is frozen, so that they are warm
when they are promoted and get an E of their own, which starts at that weight: the function does not change.
    score = sum |delta * dL/ddelta| / sqrt(o i), running mean times uncertainty; every `every` steps the best
    `layers_per_round` layers promote k components, until the ranks sum up to `mean_rank` L
    extra loss: weight * sum (|A A^T - I|^2 + |B^T B - I|^2)
Trainable: (R + k)(o + i) + R. The paper divides by the growing R, which changes the function at each growth;
here s = alpha / mean_rank stays. The score needs dL/ddelta [o, i], so training computes delta in full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.growth import GrowRanks, swap_grown
from adaptation.layers.linear import LowRankLinear, normal, site_generator
from adaptation.layers.ranks import Importance, growth_pace
from adaptation.method import Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving
from adaptation.training import Callback, Run

START, DEVIATION = 1e-5, 0.02


class IncreConfig(MethodConfig):
    """`reserve` is k; `mean_rank` times the number of layers is the rank they may have together."""

    first_rank: int = Field(default=2, ge=1)
    reserve: int = Field(default=1, ge=1)
    mean_rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16.0, gt=0)
    every: int = Field(default=10, ge=1)
    layers_per_round: int = Field(default=8, ge=1)
    orthogonality: float = Field(default=1e-4, ge=0)


class IncreLinear(LowRankLinear):
    def __init__(self, base: nn.Linear, config: IncreConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        rows, like = config.first_rank + config.reserve, base.weight
        self.a = nn.Parameter(normal((rows, self.in_features), DEVIATION, draw, like))
        self.b = nn.Parameter(normal((self.out_features, rows), DEVIATION, draw, like))
        self.e = nn.Parameter(like.new_zeros(config.first_rank))
        self.reserve = config.reserve
        self.scale = config.alpha / config.mean_rank
        self._draw = draw
        self._dense: Tensor | None = None

    @property
    def rank(self) -> int:
        return int(self.e.shape[0])

    def factors(self) -> tuple[Tensor, Tensor]:
        weights = torch.cat([self.e, self.e.new_full((self.reserve,), START)])
        return weights[:, None] * self.a, self.scale * self.b

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        if not (self.training and torch.is_grad_enabled()):
            return super().branch(x, y)
        self._dense = self.delta()
        self._dense.retain_grad()
        return functional.linear(x, self._dense)

    def score(self) -> float:
        if self._dense is None or self._dense.grad is None:
            raise RuntimeError("no backward pass has gone through this layer")
        return float((self._dense.detach() * self._dense.grad).abs().sum()) / self.weight.numel() ** 0.5

    @torch.no_grad()
    def grow(self, run: Run) -> int:
        k, like = self.reserve, self.weight
        rows = torch.cat([self.a, normal((k, self.in_features), DEVIATION, self._draw, like)])
        columns = torch.cat([self.b, normal((self.out_features, k), DEVIATION, self._draw, like)], dim=1)
        weights = torch.cat([self.e, self.e.new_full((k,), START)])
        swap_grown(run, self, {"a": rows, "b": columns, "e": weights})
        return k

    def growth(self) -> dict[str, Any]:
        return {"draw": self._draw.get_state()}

    def load_growth(self, state: Mapping[str, Any]) -> None:
        self._draw.set_state(state["draw"])


class IncreLora(LinearMethod[IncreConfig]):
    name: ClassVar = "increlora"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA, grows=True)
    config_type: ClassVar = IncreConfig
    knob: ClassVar = Knob(options=("mean_rank",), whole=("first_rank",))

    @classmethod
    def paced(cls, steps: int, size: int, layers: int) -> dict[str, Any]:
        return growth_pace(steps, size, layers)

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> IncreLinear:
        return IncreLinear(base, self.config, site_generator(self.config.seed, name))

    def callbacks(self) -> Sequence[Callback]:
        layers: Mapping[str, IncreLinear] = self.layers
        importance = Importance()
        return (
            GrowRanks(
                layers,
                budget=self.config.mean_rank * len(layers),
                every=self.config.every,
                per_round=lambda _: self.config.layers_per_round,
                watch=lambda: importance.add({name: layer.score() for name, layer in layers.items()}),
                scores=importance.scores,
                memory=importance,
            ),
        )

    def extra_loss(self) -> Tensor | None:
        if not self.config.orthogonality:
            return None
        terms = [apart(layer.a) + apart(layer.b.T) for layer in self.layers.values()]
        return self.config.orthogonality * torch.stack(terms).sum()

    def count_layer(self, layer: IncreLinear) -> int:
        size = layer.out_features + layer.in_features
        return (layer.rank + self.config.reserve) * size + layer.rank


def apart(rows: Tensor) -> Tensor:
    """|R R^T - I|^2 of rows R [r, n]: 0 when they are orthonormal."""
    return (rows @ rows.T - torch.eye(rows.shape[0], dtype=rows.dtype, device=rows.device)).square().sum()
