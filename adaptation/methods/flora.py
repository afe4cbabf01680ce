"""FLoRA: a Tucker core between two bases (row 22).

Paper: Si et al. 2024, "FLoRA: Low-Rank Core Space for N-dimension", arXiv 2405.14739, for two dimensions.
    delta = s U_out G^T U_in^T;  U_in [i, r1], U_out [o, r2] Kaiming, core G [r1, r2] zero
A LoRA of rank min(r1, r2). Trainable: i r1 + o r2 + r1 r2.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.linear import LowRankLinear, kaiming, site_generator
from adaptation.method import Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving


class FloraConfig(MethodConfig):
    """`scale` is s."""

    in_rank: int = Field(default=8, ge=1)
    out_rank: int = Field(default=8, ge=1)
    scale: float = Field(default=4.0, gt=0)


class FloraLinear(LowRankLinear):
    def __init__(self, base: nn.Linear, config: FloraConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        self.u_in = nn.Parameter(kaiming(config.in_rank, self.in_features, draw, base.weight).T.contiguous())
        u_out = kaiming(config.out_rank, self.out_features, draw, base.weight)
        self.u_out = nn.Parameter(u_out.T.contiguous())
        self.core = nn.Parameter(base.weight.new_zeros(config.in_rank, config.out_rank))
        self.scale = config.scale

    def factors(self) -> tuple[Tensor, Tensor]:
        if self.core.shape[0] <= self.core.shape[1]:
            return self.u_in.T, self.scale * (self.u_out @ self.core.T)
        return self.core.T @ self.u_in.T, self.scale * self.u_out


class Flora(LinearMethod[FloraConfig]):
    name: ClassVar = "flora"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA)
    config_type: ClassVar = FloraConfig
    knob: ClassVar = Knob(options=("in_rank", "out_rank"))

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> FloraLinear:
        return FloraLinear(base, self.config, site_generator(self.config.seed, name))

    def count_layer(self, layer: FloraLinear) -> int:
        r1, r2 = self.config.in_rank, self.config.out_rank
        return layer.in_features * r1 + layer.out_features * r2 + r1 * r2
