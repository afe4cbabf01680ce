"""NOLA: factors as mixtures of random bases that a seed gives back (row 11).

Paper: Koohpayegani et al. 2023, "NOLA: Networks as Linear Combination of Low Rank Random Basis",
arXiv 2310.02556.
    A = A0 + (1/sqrt(k)) sum_j alpha_j U_j [r, i];  B = (1/sqrt(k)) sum_j beta_j V_j [o, r];  delta = s B A
    U_j, V_j ~ U(-1, 1), A0 Kaiming, all from the seed; alpha = beta = 0 at the start
Trainable: kA + kB a matrix, whatever r, o and i. Only alpha and beta are kept on disk; in memory the bases
take kA r i + kB o r numbers.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.linear import LowRankLinear, kaiming, site_generator, uniform
from adaptation.method import Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving


class NolaConfig(MethodConfig):
    """`bases_a` and `bases_b` are kA and kB; `scale` is s."""

    rank: int = Field(default=8, ge=1)
    bases_a: int = Field(default=64, ge=1)
    bases_b: int = Field(default=64, ge=1)
    scale: float = Field(default=2.0, gt=0)


class NolaLinear(LowRankLinear):
    a0: Tensor
    bases_a: Tensor
    bases_b: Tensor

    def __init__(self, base: nn.Linear, config: NolaConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        r, i, o, like = config.rank, self.in_features, self.out_features, base.weight
        self.register_buffer("a0", kaiming(r, i, draw, like), persistent=False)
        bases_a = uniform((config.bases_a, r, i), config.bases_a**-0.5, draw, like)
        bases_b = uniform((config.bases_b, o, r), config.bases_b**-0.5, draw, like)
        self.register_buffer("bases_a", bases_a, persistent=False)
        self.register_buffer("bases_b", bases_b, persistent=False)
        self.alpha = nn.Parameter(like.new_zeros(config.bases_a))
        self.beta = nn.Parameter(like.new_zeros(config.bases_b))
        self.scale = config.scale

    def factors(self) -> tuple[Tensor, Tensor]:
        a = self.a0 + torch.tensordot(self.alpha, self.bases_a, dims=1)
        return a, self.scale * torch.tensordot(self.beta, self.bases_b, dims=1)


class Nola(LinearMethod[NolaConfig]):
    name: ClassVar = "nola"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA)
    config_type: ClassVar = NolaConfig
    knob: ClassVar = Knob(options=("bases_a", "bases_b"), most=64)

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> NolaLinear:
        return NolaLinear(base, self.config, site_generator(self.config.seed, name))

    def count_layer(self, layer: NolaLinear) -> int:
        return self.config.bases_a + self.config.bases_b
