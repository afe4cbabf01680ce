"""SHERL: a side network reads the frozen layers, and speaks before the last ones alone (row 40).

Paper: Diao et al. 2024, "SHERL: Synthesizing High Accuracy and Efficient Memory for Resource-Limited Transfer
Learning", arXiv 2407.07523.
    early: f_l = LN(W_l h_l), h_l [b, t, d] what layer l reads, without gradient, f_l [b, t, k]; guide g = f_n
    redundancy rho_l = sum over m of relu(cos(f_l, f_m));  a = relu(w * (f_l . g)) / rho_l, then sum of a = 1
    z = g + sum of a_l f_l;  late: h_n' = h_n + tanh(gate / 0.1) |h_n| LN(W ReLU(z)), read by the last layers
w [k], each token by itself. n - 1 layers are early and `late` ones follow: gradients flow through the late
ones (frozen too), and of an early one no more is kept than h_l and f_l. Trainable, with n = L - late + 1:
n (k d + 2 k) + k + (k d + d) + 2 d + 1. Reconstructed: the gate is on what is added and starts at 0, so that
the base is unchanged (the released gate is on h); |h_n|, its root mean square, as late hidden states are of
any size; relu gets 1e-6 more, so that a has a sum where all are 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.blocks import BlockAdapter, BlockMethod, decoder_blocks
from adaptation.layers.linear import kaiming, site_generator, uniform
from adaptation.method import Capabilities, MethodConfig, Serving
from core.errors import UserError

TEMPERATURE, LEAST = 0.1, 1e-6


class SherlConfig(MethodConfig):
    """`width` is k. `targets` has no meaning here: it is whole layers that are read."""

    width: int = Field(default=64, ge=1)
    late: int = Field(default=1, ge=1)


class Reader(BlockAdapter):
    """Stands around an early layer, and changes nothing: it reads what the layer reads."""

    def __init__(
        self, base: nn.Module, width: int, k: int, read: dict[str, Tensor], name: str, draw: torch.Generator
    ) -> None:
        super().__init__(base)
        like = next(base.parameters())
        self.weight = nn.Parameter(kaiming(k, width, draw, like))
        self.gain = nn.Parameter(like.new_ones(k))
        self.shift = nn.Parameter(like.new_zeros(k))
        self.read, self.name = read, name
        """Features by layer while a pass runs, shared by all."""

    def feature(self, hidden: Tensor) -> Tensor:
        """f_l [b, t, k]."""
        narrow = functional.linear(hidden.detach(), self.weight)
        return functional.layer_norm(narrow, narrow.shape[-1:], self.gain, self.shift)

    def forward(self, hidden: Tensor, *rest: Any, **named: Any) -> Any:
        if self.active:
            self.read[self.name] = self.feature(hidden)
        return self.base(hidden, *rest, **named)


class Speaker(Reader):
    """Stands around the first late layer: reads too, and adds what all have read."""

    def __init__(
        self, base: nn.Module, width: int, k: int, read: dict[str, Tensor], name: str, draw: torch.Generator
    ) -> None:
        super().__init__(base, width, k, read, name, draw)
        like = self.weight
        self.mix = nn.Parameter(uniform((k,), k**-0.5, draw, like))
        self.up = nn.Parameter(kaiming(width, k, draw, like))
        self.up_bias = nn.Parameter(like.new_zeros(width))
        self.out_gain = nn.Parameter(like.new_ones(width))
        self.out_shift = nn.Parameter(like.new_zeros(width))
        self.gate = nn.Parameter(like.new_zeros(1))

    def shares(self, features: Tensor) -> Tensor:
        """a [n, b, t] for features [n, b, t, k], the guide last; for each token their sum is 1."""
        direction = functional.normalize(features, dim=-1)
        alike = torch.einsum("nbtk,mbtk->nmbt", direction, direction)
        redundancy = functional.relu(alike).sum(dim=1).clamp_min(LEAST)
        wanted = functional.relu(torch.einsum("k,nbtk->nbt", self.mix, features * features[-1]))
        found = (wanted + LEAST) / redundancy
        return found / found.sum(dim=0, keepdim=True)

    def spoken(self, features: Tensor) -> Tensor:
        """What is added to h_n, in units of its size, [b, t, d]."""
        gathered = features[-1] + torch.einsum("nbt,nbtk->btk", self.shares(features), features)
        wide = functional.linear(functional.relu(gathered), self.up, self.up_bias)
        normed = functional.layer_norm(wide, wide.shape[-1:], self.out_gain, self.out_shift)
        return torch.tanh(self.gate / TEMPERATURE) * normed

    def forward(self, hidden: Tensor, *rest: Any, **named: Any) -> Any:
        if self.active:
            early = [self.read.pop(name) for name in sorted(self.read, key=_place)]
            size = hidden.detach().square().mean(dim=-1, keepdim=True).sqrt()
            hidden = hidden + size * self.spoken(torch.stack([*early, self.feature(hidden)]))
        return self.base(hidden, *rest, **named)


def _place(name: str) -> int:
    return int(name.rpartition(".")[2])


class Sherl(BlockMethod[SherlConfig]):
    name: ClassVar = "sherl"
    capabilities: ClassVar = Capabilities(serving=Serving.RUNTIME_ONLY)
    config_type: ClassVar = SherlConfig

    def sites(self, model: nn.Module) -> dict[str, nn.Module]:
        blocks = list(decoder_blocks(model).items())
        if len(blocks) <= self.config.late:
            raise UserError(f"sherl: the model has {len(blocks)} layers: `late` must be fewer")
        return dict(blocks[: len(blocks) - self.config.late + 1])

    def prepare(self, model: nn.Module, sites: Mapping[str, nn.Module]) -> None:
        self._last, self._read = list(sites)[-1], dict[str, Tensor]()

    def layer(self, name: str, base: nn.Module, width: int) -> Reader:
        kind = Speaker if name == self._last else Reader
        draw = site_generator(self.config.seed, name)
        return kind(base, width, self.config.width, self._read, name, draw)

    def count(self) -> int:
        k, n = self.config.width, len(self.layers)
        d = next(iter(self.layers.values())).weight.shape[1]
        return int(n * (k * d + 2 * k) + k + (k * d + d) + 2 * d + 1)
