"""LoRA, as the recipe of the Vietnamese chat models uses it (row 5); other methods stand on its layer.

Paper: Hu et al. 2021, arXiv 2106.09685; recipe: Vo et al., "Vietnamese chatbot" (LoRA on instruction mixes).
    delta [o, i] = s B A, s = alpha / r; A [r, i] Kaiming, B [o, r] zero
Trainable: r (o + i) a matrix. Exact LoRA. Nothing reconstructed.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.linear import LowRankLinear, kaiming, site_generator
from adaptation.method import C, Capabilities, LinearMethod, MethodConfig, Plan, Serving


class LoraConfig(MethodConfig):
    """A plan's rank for a layer goes before `rank`; its scale is `alpha` over that rank."""

    rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16.0, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class LoraLinear(LowRankLinear):
    """A and B with their scale."""

    def __init__(
        self, base: nn.Linear, rank: int, scale: float, dropout: float, generator: torch.Generator
    ) -> None:
        super().__init__(base)
        self.a = nn.Parameter(kaiming(rank, self.in_features, generator, base.weight))
        self.b = nn.Parameter(base.weight.new_zeros(self.out_features, rank))
        self.scale = scale
        self.dropout = dropout

    def factors(self) -> tuple[Tensor, Tensor]:
        return self.a, self.scale * self.b

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        if self.dropout and self.training:
            x = functional.dropout(x, self.dropout)
        # The scale goes on the narrow middle [.., r]: cheaper than on the output.
        return functional.linear(self.scale * functional.linear(x, self.a), self.b)


class LoraMethod(LinearMethod[C]):
    """For methods whose layer is a LoRA: the count, and ranks by plan."""

    config: Any

    def rank_of(self, name: str, plan: Plan) -> int:
        return int(plan.ranks.get(name, self.config.rank))

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> nn.Module | None:
        rank = self.rank_of(name, plan)
        if rank == 0:
            return None
        draw = site_generator(self.config.seed, name)
        return LoraLinear(base, rank, self.config.alpha / rank, self.config.dropout, draw)

    def count_layer(self, layer: LoraLinear) -> int:
        return int(layer.a.shape[0]) * (layer.out_features + layer.in_features)


class Lora(LoraMethod[LoraConfig]):
    name: ClassVar = "lora"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA)
    config_type: ClassVar = LoraConfig
