"""Bottleneck adapters beside the feed-forward block, as compared in PETL-AST (row 9).

Paper: Cappellazzo et al. 2023, "Parameter-Efficient Transfer Learning of Audio Spectrogram Transformers",
arXiv 2312.03694.
    linear: h' = FFN(n) + Wu GELU(Wd n), n the normed states, Wd [m, d], Wu [d, m], both with biases
    conv: n -> Linear to 2 m -> GLU -> depthwise convolution over k tokens -> norm -> SiLU -> Linear to d
Trainable in a block: linear 2 d m + m + d; conv 3 d m + 2 m + m (k + 2) + d. Wu and its bias start at 0, Wd
is drawn: in the released module both are 0, and then the bias alone is ever trained. For a causal model the
convolution looks back only, and its norm is an RMS norm of each token (the paper's batch norm sees others).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.blocks import BlockAdapter, BlockMethod
from adaptation.layers.linear import kaiming, site_generator, uniform
from adaptation.method import Capabilities, MethodConfig, Plan, Serving


class BottleneckConfig(MethodConfig):
    """`width` is m, `reach` is k. `targets` has no meaning here: it is `block` that is adapted."""

    form: Literal["linear", "conv"] = "linear"
    block: str = "mlp"
    width: int = Field(default=64, ge=1)
    reach: int = Field(default=4, ge=1)


class BottleneckAdapter(BlockAdapter):
    def __init__(self, base: nn.Module, width: int, config: BottleneckConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        like, m = next(base.parameters()), config.width
        first = 2 * m if config.form == "conv" else m
        self.down = nn.Parameter(kaiming(first, width, draw, like))
        self.down_bias = nn.Parameter(like.new_zeros(first))
        self.up = nn.Parameter(like.new_zeros(width, m))
        self.up_bias = nn.Parameter(like.new_zeros(width))
        self.form, self.reach = config.form, config.reach
        if config.form == "conv":
            self.filters = nn.Parameter(uniform((m, 1, config.reach), config.reach**-0.5, draw, like))
            self.filter_bias = nn.Parameter(like.new_zeros(m))
            self.gain = nn.Parameter(like.new_ones(m))

    def branch(self, hidden: Tensor, out: Tensor) -> Tensor:
        narrow = functional.linear(hidden, self.down, self.down_bias)
        if self.form == "linear":
            return functional.linear(functional.gelu(narrow), self.up, self.up_bias)
        narrow = functional.glu(narrow, dim=-1).transpose(1, 2)
        # Padded on the left alone: the output at t has seen t - k + 1 to t.
        seen = functional.pad(narrow, (self.reach - 1, 0))
        mixed = functional.conv1d(seen, self.filters, self.filter_bias, groups=narrow.shape[1])
        normed = functional.rms_norm(mixed.transpose(1, 2), (narrow.shape[1],), self.gain, eps=1e-6)
        return functional.linear(functional.silu(normed), self.up, self.up_bias)


class Bottleneck(BlockMethod[BottleneckConfig]):
    name: ClassVar = "bottleneck"
    capabilities: ClassVar = Capabilities(serving=Serving.RUNTIME_ONLY)
    config_type: ClassVar = BottleneckConfig

    def attach(self, model: nn.Module, plan: Plan) -> None:
        super().attach(model, plan)
        if self.config.form == "conv":
            # One token at a time, the convolution would not see those before: generation runs without cache.
            self._cached = model.config.use_cache, model.generation_config.use_cache
            model.config.use_cache = model.generation_config.use_cache = False

    def detach(self, model: nn.Module) -> None:
        super().detach(model)
        if self.config.form == "conv":
            model.config.use_cache, model.generation_config.use_cache = self._cached

    def layer(self, name: str, base: nn.Module, width: int) -> BottleneckAdapter:
        return BottleneckAdapter(base, width, self.config, site_generator(self.config.seed, name))

    def count(self) -> int:
        m, k = self.config.width, self.config.reach
        found = 0
        for layer in self.layers.values():
            d = layer.up.shape[0]
            conv = 3 * d * m + 2 * m + m * (k + 2) + d
            found += conv if self.config.form == "conv" else 2 * d * m + m + d
        return found
