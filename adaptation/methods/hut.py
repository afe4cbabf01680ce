"""HUT: the frozen weight multiplied entry by entry with a low-rank matrix (row 41).

Paper: "HUT: A More Computation Efficient Fine-Tuning Method With Hadamard Updated Transformation",
arXiv 2409.13501. As far as its abstract tells, the class of functions of HiRA, which peft has:
    W' = W0 * (1 + B A), so delta = W0 * (B A);  A [r, i] Kaiming, B [o, r] zero
Trainable: r (o + i). Entries of W0 that are 0 stay 0. With r = 1 it scales rows and columns,
delta x = b * (W0 (a * x)), and needs no [o, i] product. Reconstructed: the start, which the abstract lacks.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.linear import DeltaLinear, kaiming, site_generator
from adaptation.method import Capabilities, LinearMethod, MethodConfig, Plan, Serving


class HutConfig(MethodConfig):
    rank: int = Field(default=8, ge=1)


class HutLinear(DeltaLinear):
    def __init__(self, base: nn.Linear, rank: int, draw: torch.Generator) -> None:
        super().__init__(base)
        self.a = nn.Parameter(kaiming(rank, self.in_features, draw, base.weight))
        self.b = nn.Parameter(base.weight.new_zeros(self.out_features, rank))

    def delta(self) -> Tensor:
        return self.weight * (self.b @ self.a)

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        if self.a.shape[0] > 1:
            return super().branch(x, y)
        return self.b[:, 0] * functional.linear(x * self.a[0], self.weight)


class Hut(LinearMethod[HutConfig]):
    name: ClassVar = "hut"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE)
    config_type: ClassVar = HutConfig

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> HutLinear:
        return HutLinear(base, self.config.rank, site_generator(self.config.seed, name))

    def count_layer(self, layer: HutLinear) -> int:
        return self.config.rank * (layer.out_features + layer.in_features)
