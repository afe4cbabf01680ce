"""CLIP-SVD: the singular values of a weight, and nothing else (row 35).

Paper: "Singular Value Few-shot Adaptation of Vision-Language Models" (CLIP-SVD), here for any linear layer.
    W0 = U diag(s) V;  trained are changes c of s, c = 0 at the start;  delta = U diag(c) V, of full rank
Trainable: min(o, i). W0 itself stays in use, so the start is exact and not up to the decomposition's error.
In memory U and V take another min(o, i) (o + i) numbers a matrix; they are not kept on disk.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.linear import DeltaLinear
from adaptation.method import Capabilities, LinearMethod, MethodConfig, Plan, Serving


class ClipSvdConfig(MethodConfig):
    """Nothing but targets."""


class SpectralLinear(DeltaLinear):
    u: Tensor
    v: Tensor

    def __init__(self, base: nn.Linear) -> None:
        super().__init__(base)
        u, _, v = torch.linalg.svd(base.weight.detach().double(), full_matrices=False)
        self.register_buffer("u", u.to(base.weight), persistent=False)
        self.register_buffer("v", v.to(base.weight), persistent=False)
        self.change = nn.Parameter(base.weight.new_zeros(self.v.shape[0]))

    def delta(self) -> Tensor:
        return (self.u * self.change) @ self.v

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        return functional.linear(functional.linear(x, self.v) * self.change, self.u)


class ClipSvd(LinearMethod[ClipSvdConfig]):
    name: ClassVar = "clip-svd"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE)
    config_type: ClassVar = ClipSvdConfig

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> SpectralLinear:
        return SpectralLinear(base)

    def count_layer(self, layer: SpectralLinear) -> int:
        return min(layer.out_features, layer.in_features)
