"""MoLA: LoRA experts chosen token by token, more of them in higher layers (row 24).

Paper: Gao et al. 2024, "Higher Layers Need More LoRA Experts", arXiv 2402.08562.
    p = softmax(W_r x), W_r [E_l, i];  y += sum over the 2 likeliest e of g_e s B_e A_e x,  s = alpha / r
    A_e [r, i] Kaiming, B_e [o, r] zero; g the two p divided by their sum, E_l by the layer's height
Trainable: sum over matrices of E_l (r (o + i) + i). One expert has no router and no choice: it is LoRA, and
counts r (o + i). All experts' narrow products are formed (together a LoRA of rank E_l r) and those that were
not chosen are multiplied by 0: for a few experts cheaper than to sort the tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.blocks import depths
from adaptation.layers.linear import DeltaLinear, kaiming, site_generator
from adaptation.layers.routing import balance, gates
from adaptation.method import Capabilities, LinearMethod, MethodConfig, Plan, Serving

ACTIVE = 2


class MolaConfig(MethodConfig):
    """`experts` has E for equal parts of the layers, from low to high; `balance` weighs the extra loss."""

    experts: tuple[int, ...] = Field(default=(2, 4, 6, 8), min_length=1)
    rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16.0, gt=0)
    balance: float = Field(default=1e-3, ge=0)


class MolaLinear(DeltaLinear):
    def __init__(self, base: nn.Linear, experts: int, config: MolaConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        i, o, r, like = self.in_features, self.out_features, config.rank, base.weight
        self.a = nn.Parameter(kaiming(experts * r, i, draw, like).view(experts, r, i))
        self.b = nn.Parameter(like.new_zeros(experts, o, r))
        self.router = nn.Parameter(kaiming(experts, i, draw, like)) if experts > 1 else None
        self.scale, self.balanced = config.alpha / r, config.balance > 0
        self.unevenness: Tensor | None = None
        """Of the last pass in training, until the extra loss takes it."""

    def gates(self, x: Tensor) -> Tensor:
        """[..., E_l]: the two that each token goes to."""
        if self.router is None:
            return x.new_ones(*x.shape[:-1], 1)
        found, probabilities = gates(functional.linear(x, self.router), ACTIVE)
        if self.training and self.balanced:
            self.unevenness = balance(found, probabilities)
        return found

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        experts, rank = self.a.shape[:2]
        narrow = functional.linear(x, self.a.flatten(0, 1)).unflatten(-1, (experts, rank))
        chosen = narrow * (self.scale * self.gates(x))[..., None]
        return functional.linear(chosen.flatten(-2), self.b.transpose(0, 1).flatten(1))


class Mola(LinearMethod[MolaConfig]):
    name: ClassVar = "mola"
    capabilities: ClassVar = Capabilities(serving=Serving.RUNTIME_ONLY)
    config_type: ClassVar = MolaConfig

    def prepare(self, sites: Mapping[str, nn.Linear], plan: Plan) -> None:
        parts = self.config.experts
        self._experts = {
            name: parts[place * len(parts) // count] for name, (place, count) in depths(sites).items()
        }

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> MolaLinear:
        return MolaLinear(base, self._experts[name], self.config, site_generator(self.config.seed, name))

    def extra_loss(self) -> Tensor | None:
        found = [each.unevenness for each in self.layers.values() if each.unevenness is not None]
        for layer in self.layers.values():
            layer.unevenness = None
        return self.config.balance * torch.stack(found).mean() if found else None

    def count_layer(self, layer: MolaLinear) -> int:
        experts, i = layer.a.shape[0], layer.in_features
        router = i if experts > 1 else 0
        return int(experts * (self.config.rank * (layer.out_features + i) + router))
