"""Hydra: a parallel and a sequential low-rank branch (row 13).

Paper: Kim et al. 2023, "Hydra: Multi-head Low-rank Adaptation", arXiv 2309.06922.
    y = W0 x + b;  out = y + s Bp Ap x + s Bs As y
    Ap [rp, i], Bp [o, rp], As [rs, o], Bs [o, rs]; Bp = Bs = 0 at the start
    delta = s (Bp Ap + Bs As W0), delta_b = s Bs As b
That is a LoRA of rank rp + rs: A' = [Ap; As W0], B' = s [Bp, Bs]. Trainable: rp (i + o) + 2 rs o.
The released code merges one branch with another module's weights; here each layer merges its own.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.linear import LowRankLinear, kaiming, site_generator
from adaptation.method import Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving


class HydraConfig(MethodConfig):
    """`alpha` is divided by the larger rank."""

    parallel_rank: int = Field(default=4, ge=1)
    sequential_rank: int = Field(default=4, ge=0)
    alpha: float = Field(default=8.0, gt=0)


class HydraLinear(LowRankLinear):
    def __init__(self, base: nn.Linear, config: HydraConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        i, o, like = self.in_features, self.out_features, base.weight
        self.parallel_a = nn.Parameter(kaiming(config.parallel_rank, i, draw, like))
        self.parallel_b = nn.Parameter(like.new_zeros(o, config.parallel_rank))
        if config.sequential_rank:
            self.sequential_a = nn.Parameter(kaiming(config.sequential_rank, o, draw, like))
            self.sequential_b = nn.Parameter(like.new_zeros(o, config.sequential_rank))
        self.sequential = bool(config.sequential_rank)
        self.scale = config.alpha / max(config.parallel_rank, config.sequential_rank)

    def factors(self) -> tuple[Tensor, Tensor]:
        a, b = self.parallel_a, self.parallel_b
        if self.sequential:
            a = torch.cat([a, self.sequential_a @ self.weight])
            b = torch.cat([b, self.sequential_b], dim=1)
        return a, self.scale * b

    def delta_bias(self) -> Tensor | None:
        if self.bias is None or not self.sequential:
            return None
        return self.scale * (self.sequential_b @ (self.sequential_a @ self.bias))

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        out = functional.linear(functional.linear(x, self.parallel_a), self.parallel_b)
        if self.sequential:
            out = out + functional.linear(functional.linear(y, self.sequential_a), self.sequential_b)
        return self.scale * out


class Hydra(LinearMethod[HydraConfig]):
    name: ClassVar = "hydra"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA)
    config_type: ClassVar = HydraConfig
    knob: ClassVar = Knob(options=("parallel_rank", "sequential_rank"))

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> HydraLinear:
        return HydraLinear(base, self.config, site_generator(self.config.seed, name))

    def count_layer(self, layer: HydraLinear) -> int:
        o, i = layer.out_features, layer.in_features
        return self.config.parallel_rank * (i + o) + 2 * self.config.sequential_rank * o
