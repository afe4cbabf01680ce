"""MoSA: one adapter in pieces, of which one at a time is trained (row 39).

Paper: Zhang et al. 2023, "MoSA: Mixture of Sparse Adapters for Visual Efficient Tuning", arXiv 2312.02923.
    the bottleneck's m rows of Wd (with their biases) and columns of Wu are cut into E pieces, none shared
    training, e drawn anew for each layer and pass: h' = FFN(n) + E Wu_e GELU(Wd_e n + bd_e) + bu
    otherwise, the pieces put together: h' = FFN(n) + Wu GELU(Wd n + bd) + bu
Wd_e [m_e, d], Wu_e [d, m_e], sum of m_e = m. Trainable: 2 d m + m + d, as the adapter in one piece, which
E = 1 is; it costs as much too. Wu and biases start at 0. Reconstructed: the cut by rows (the paper cuts the
matrices in other patterns too) and the factor E, with which the mean over what is drawn is what is
served: the activation works entry by entry, so that it is so exactly.
"""

from __future__ import annotations

from typing import ClassVar, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.blocks import BlockAdapter, BlockMethod
from adaptation.layers.linear import kaiming, site_generator
from adaptation.method import Capabilities, MethodConfig, Serving


class MosaConfig(MethodConfig):
    """`width` is m, `pieces` is E. `targets` has no meaning here: it is `block` that is adapted."""

    block: str = "mlp"
    width: int = Field(default=64, ge=1)
    pieces: int = Field(default=4, ge=1)

    @model_validator(mode="after")
    def _no_piece_is_empty(self) -> Self:
        if self.pieces > self.width:
            raise ValueError("`pieces` cannot be more than `width`")
        return self


class MosaAdapter(BlockAdapter):
    def __init__(self, base: nn.Module, width: int, config: MosaConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        like = next(base.parameters())
        down = kaiming(config.width, width, draw, like)
        self.down = nn.ParameterList(each.clone() for each in down.tensor_split(config.pieces))
        self.down_bias = nn.ParameterList(like.new_zeros(each.shape[0]) for each in self.down)
        self.up = nn.ParameterList(like.new_zeros(width, each.shape[0]) for each in self.down)
        self.up_bias = nn.Parameter(like.new_zeros(width))

    def piece(self, hidden: Tensor, number: int) -> Tensor:
        """What one piece gives [b, t, d], without the last bias."""
        narrow = functional.linear(hidden, self.down[number], self.down_bias[number])
        return functional.linear(functional.gelu(narrow), self.up[number])

    def merged_weights(self) -> tuple[Tensor, Tensor, Tensor]:
        """(Wd [m, d], bd [m], Wu [d, m]) of the adapter in one piece."""
        return torch.cat([*self.down]), torch.cat([*self.down_bias]), torch.cat([*self.up], dim=1)

    def branch(self, hidden: Tensor, out: Tensor) -> Tensor:
        pieces = len(self.down)
        if self.training and pieces > 1:
            number = int(torch.randint(pieces, ()))
            return pieces * self.piece(hidden, number) + self.up_bias
        down, down_bias, up = self.merged_weights()
        return functional.linear(
            functional.gelu(functional.linear(hidden, down, down_bias)), up, self.up_bias
        )


class Mosa(BlockMethod[MosaConfig]):
    name: ClassVar = "mosa"
    capabilities: ClassVar = Capabilities(serving=Serving.RUNTIME_ONLY)
    config_type: ClassVar = MosaConfig

    def layer(self, name: str, base: nn.Module, width: int) -> MosaAdapter:
        return MosaAdapter(base, width, self.config, site_generator(self.config.seed, name))

    def count(self) -> int:
        m = self.config.width
        widths = [layer.up_bias.shape[0] for layer in self.layers.values()]
        return sum(2 * d * m + m + d for d in widths)
