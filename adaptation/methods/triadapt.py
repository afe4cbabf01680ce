"""TriAdaptLoRA: a square core that grows by an L of rows and columns (row 38).

Paper: Liang et al. 2025, "TriAdaptLoRA: Brain-Inspired Triangular Adaptive Low-Rank Adaptation for
Parameter-Efficient Fine-Tuning", arXiv 2501.08008.
    delta = s B C A;  A [R, i], B [o, R] ~ N(0, 0.02^2), C [R, R] = 0
    growth by a: new rows of A and columns of B are drawn, the new L of C is 0: the function does not change
    score = rise of |C|_F since the last round, by number of blocks
Trainable: R (o + i) + R^2. Reconstructed from a fork that cites the paper. Two things differ from it: there
B and C start at 0, so that no gradient is ever anything but 0; and the block on the diagonal is kept twice.
s = alpha / mean_rank stays while R grows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.growth import GrowRanks, padded, swap_grown
from adaptation.layers.linear import LowRankLinear, normal, site_generator
from adaptation.layers.ranks import growth_pace
from adaptation.method import Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving
from adaptation.training import Callback, Run

DEVIATION = 0.02


class TriadaptConfig(MethodConfig):
    """`block` is a. In each round as many layers grow, or (exponential) twice as many as in the last."""

    first_rank: int = Field(default=2, ge=1)
    block: int = Field(default=1, ge=1)
    mean_rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=64.0, gt=0)
    every: int = Field(default=10, ge=1)
    layers_per_round: int = Field(default=4, ge=1)
    schedule: Literal["linear", "exponential"] = "linear"

    def growing(self, turn: int) -> int:
        return self.layers_per_round * (2**turn if self.schedule == "exponential" else 1)


class TriadaptLinear(LowRankLinear):
    def __init__(self, base: nn.Linear, config: TriadaptConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        self.a = nn.Parameter(normal((config.first_rank, self.in_features), DEVIATION, draw, base.weight))
        self.b = nn.Parameter(normal((self.out_features, config.first_rank), DEVIATION, draw, base.weight))
        self.core = nn.Parameter(base.weight.new_zeros(config.first_rank, config.first_rank))
        self.scale = config.alpha / config.mean_rank
        self._block = config.block
        self._draw = draw
        self._blocks = 1
        self._last_norm = 0.0

    @property
    def rank(self) -> int:
        return int(self.core.shape[0])

    def factors(self) -> tuple[Tensor, Tensor]:
        return self.a, self.scale * (self.b @ self.core)

    def rise(self) -> float:
        """The score, since it was last asked for."""
        norm = float(self.core.detach().norm())
        risen, self._last_norm = (norm - self._last_norm) / self._blocks, norm
        return risen

    @torch.no_grad()
    def grow(self, run: Run) -> int:
        k, like = self._block, self.weight
        drawn = {
            "a": torch.cat([self.a, normal((k, self.in_features), DEVIATION, self._draw, like)]),
            "b": torch.cat([self.b, normal((self.out_features, k), DEVIATION, self._draw, like)], dim=1),
            "core": padded(self.core, k, k),
        }
        swap_grown(run, self, drawn)
        self._blocks += 1
        return k

    def growth(self) -> dict[str, Any]:
        return {"draw": self._draw.get_state(), "blocks": self._blocks, "norm": self._last_norm}

    def load_growth(self, state: Mapping[str, Any]) -> None:
        self._draw.set_state(state["draw"])
        self._blocks, self._last_norm = state["blocks"], state["norm"]


class TriAdaptLora(LinearMethod[TriadaptConfig]):
    name: ClassVar = "triadapt"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA, grows=True)
    config_type: ClassVar = TriadaptConfig
    knob: ClassVar = Knob(options=("mean_rank",), whole=("first_rank",))

    @classmethod
    def paced(cls, steps: int, size: int, layers: int) -> dict[str, Any]:
        return growth_pace(steps, size, layers)

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> TriadaptLinear:
        return TriadaptLinear(base, self.config, site_generator(self.config.seed, name))

    def callbacks(self) -> Sequence[Callback]:
        layers: Mapping[str, TriadaptLinear] = self.layers
        return (
            GrowRanks(
                layers,
                budget=self.config.mean_rank * len(layers),
                every=self.config.every,
                per_round=self.config.growing,
                watch=lambda: None,
                scores=lambda: {name: layer.rise() for name, layer in layers.items()},
            ),
        )

    def count_layer(self, layer: TriadaptLinear) -> int:
        return layer.rank * (layer.out_features + layer.in_features) + layer.rank**2
