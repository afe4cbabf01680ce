"""WideNet: one mixture of bottleneck experts that all layers share, each with a norm of its own (row 23).

Paper: Xue et al. 2022, "Go Wider Instead of Deeper", arXiv 2107.11817; there the feed-forward blocks
themselves are shared. Here, inspired by it, an adapter beside frozen blocks that cannot be shared any more:
    h' = FFN(n) + sum over the K likeliest e of g_e Wu_e GELU(Wd_e u),  u = LN_l(n), n the normed states
    p = softmax(W_r u), g the K largest p divided by their sum; W_r [E, d], Wd_e [m, d], Wu_e [d, m] zero
Trainable: E 2 d m + d E + 2 d L, not times L. One expert has no router (2 d m + 2 d L): a shared adapter in
parallel. The extra loss is the mean over layers of E sum of m_i P_i (see `layers.routing`). All experts'
narrow products are formed, and those that were not chosen are multiplied by 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.blocks import BlockAdapter, BlockMethod
from adaptation.layers.linear import kaiming, site_generator
from adaptation.layers.routing import balance, gates
from adaptation.method import Capabilities, MethodConfig, Serving


class WideNetConfig(MethodConfig):
    """`width` is m, `experts` is E, `active` is K; `balance` weighs the extra loss. `targets` is not used."""

    block: str = "mlp"
    width: int = Field(default=16, ge=1)
    experts: int = Field(default=4, ge=1)
    active: int = Field(default=2, ge=1)
    balance: float = Field(default=1e-2, ge=0)


class Experts(nn.Module):
    """What all layers share."""

    def __init__(self, width: int, config: WideNetConfig, draw: torch.Generator, like: Tensor) -> None:
        super().__init__()
        e, m = config.experts, config.width
        self.down = nn.Parameter(kaiming(e * m, width, draw, like).view(e, m, width))
        self.up = nn.Parameter(like.new_zeros(e, width, m))
        self.router = nn.Parameter(kaiming(e, width, draw, like)) if e > 1 else None
        self.active = config.active

    def forward(self, normed: Tensor) -> tuple[Tensor, Tensor | None]:
        """(What is added [b, t, d], how unevenly the experts were used or None where there is one)."""
        count, m = self.down.shape[:2]
        narrow = functional.gelu(functional.linear(normed, self.down.flatten(0, 1)))
        uneven = None
        if self.router is not None:
            chosen, probabilities = gates(functional.linear(normed, self.router), self.active)
            narrow = (narrow.unflatten(-1, (count, m)) * chosen[..., None]).flatten(-2)
            uneven = balance(chosen, probabilities)
        return functional.linear(narrow, self.up.transpose(0, 1).flatten(1)), uneven


class SharedExpertsAdapter(BlockAdapter):
    def __init__(self, base: nn.Module, width: int, experts: Experts) -> None:
        super().__init__(base)
        like = next(base.parameters())
        self.experts = experts
        self.gain = nn.Parameter(like.new_ones(width))
        self.shift = nn.Parameter(like.new_zeros(width))
        self.unevenness: Tensor | None = None
        """Of the last pass in training, until the extra loss takes it."""

    def branch(self, hidden: Tensor, out: Tensor) -> Tensor:
        normed = functional.layer_norm(hidden, (hidden.shape[-1],), self.gain, self.shift, eps=1e-6)
        added, uneven = self.experts(normed)
        self.unevenness = uneven if self.training else None
        return added


class WideNet(BlockMethod[WideNetConfig]):
    name: ClassVar = "widenet"
    capabilities: ClassVar = Capabilities(serving=Serving.RUNTIME_ONLY)
    config_type: ClassVar = WideNetConfig

    def prepare(self, model: nn.Module, sites: Mapping[str, nn.Module]) -> None:
        like = next(next(iter(sites.values())).parameters())
        draw = site_generator(self.config.seed, "experts")
        self._experts = Experts(int(model.config.hidden_size), self.config, draw, like)

    def layer(self, name: str, base: nn.Module, width: int) -> SharedExpertsAdapter:
        return SharedExpertsAdapter(base, width, self._experts)

    def extra_loss(self) -> Tensor | None:
        found = [each.unevenness for each in self.layers.values() if each.unevenness is not None]
        for layer in self.layers.values():
            layer.unevenness = None
        return self.config.balance * torch.stack(found).mean() if found else None

    def count(self) -> int:
        e, m = self.config.experts, self.config.width
        d = next(iter(self.layers.values())).gain.shape[0]
        router = d * e if e > 1 else 0
        return int(e * 2 * d * m + router + 2 * d * len(self.layers))
