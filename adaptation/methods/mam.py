"""MAM: a prefix in each attention, and a scaled adapter beside each feed-forward block (row 19).

Paper: He et al. 2022, "Towards a Unified View of Parameter-Efficient Transfer Learning", arXiv 2110.04366.
    attention: Attn(Q, [P_k; K], [P_v; V]), P_k and P_v [l, d_kv], d_kv all heads of keys together
    feed-forward: h' = FFN(n) + s (Wu ReLU(Wd n + bd) + bu), n the normed states, Wd [m, d], Wu [d, m], s = 4
Trainable: 2 L l d_kv + L (2 d m + m + d). Wd is drawn as a LoRA's A is and Wu starts at 0 (the paper's "lora"
start), so that the second half changes nothing at first; the first half does, as it takes its share of the
attention: least where it starts as what the model itself makes of l tokens, here drawn ones (from noise of
deviation 0.02, SmolLM2's loss was 1.0 higher at the start; so 0.2). The prefix is learned as it is, without
the network that the paper makes it with and then drops, and behind the rotation of positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.blocks import BlockAdapter, BlockMethod, blocks_named
from adaptation.layers.linear import kaiming, site_generator
from adaptation.layers.prefix import AttentionWithPrefix, KeysValues, drawn_embeddings, head_shape, states_of
from adaptation.method import Capabilities, MethodConfig, Plan, Serving


class MamConfig(MethodConfig):
    """`prefix` is l, `width` is m (the paper: 512), `scale` is s. `targets` has no meaning here."""

    attention: str = "self_attn"
    block: str = "mlp"
    prefix: int = Field(default=30, ge=0)
    width: int = Field(default=64, ge=1)
    scale: float = Field(default=4.0, gt=0)


class PrefixAttention(AttentionWithPrefix):
    def __init__(self, base: nn.Module, length: int, heads: tuple[int, int]) -> None:
        super().__init__(base)
        like = next(base.parameters())
        self.keys = nn.Parameter(like.new_zeros(1, heads[0], length, heads[1]))
        self.values = nn.Parameter(like.new_zeros(1, heads[0], length, heads[1]))

    def prefix(self, hidden: Tensor) -> KeysValues:
        return self.keys, self.values


class ScaledAdapter(BlockAdapter):
    def __init__(self, base: nn.Module, width: int, config: MamConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        like, m = next(base.parameters()), config.width
        self.down = nn.Parameter(kaiming(m, width, draw, like))
        self.down_bias = nn.Parameter(like.new_zeros(m))
        self.up = nn.Parameter(like.new_zeros(width, m))
        self.up_bias = nn.Parameter(like.new_zeros(width))
        self.scale = config.scale

    def branch(self, hidden: Tensor, out: Tensor) -> Tensor:
        narrow = functional.relu(functional.linear(hidden, self.down, self.down_bias))
        return self.scale * functional.linear(narrow, self.up, self.up_bias)


class Mam(BlockMethod[MamConfig]):
    name: ClassVar = "mam"
    capabilities: ClassVar = Capabilities(
        serving=Serving.RUNTIME_ONLY,
        not_identity="the prefix takes its share of every attention from the start",
    )
    config_type: ClassVar = MamConfig

    @torch.no_grad()
    def attach(self, model: nn.Module, plan: Plan) -> None:
        super().attach(model, plan)
        layers = [each for each in self.layers.values() if isinstance(each, PrefixAttention)]
        if not layers:
            return
        vectors = drawn_embeddings(model, (1, self.config.prefix), site_generator(self.config.seed, "prefix"))
        for layer, (keys, values) in zip(layers, states_of(model, layers, vectors), strict=True):
            layer.keys.copy_(keys)
            layer.values.copy_(values)

    def sites(self, model: nn.Module) -> dict[str, nn.Module]:
        prefixed = bool(self.config.prefix)
        self._attentions = blocks_named(model, self.config.attention, "attention") if prefixed else {}
        return {**self._attentions, **blocks_named(model, self.config.block)}

    def prepare(self, model: nn.Module, sites: Mapping[str, nn.Module]) -> None:
        self._heads = head_shape(model)

    def layer(self, name: str, base: nn.Module, width: int) -> BlockAdapter:
        if name in self._attentions:
            return PrefixAttention(base, self.config.prefix, self._heads)
        return ScaledAdapter(base, width, self.config, site_generator(self.config.seed, name))

    def count(self) -> int:
        length, m = self.config.prefix, self.config.width
        found = 2 * len(self._attentions) * length * self._heads[0] * self._heads[1]
        for layer in self.layers.values():
            if isinstance(layer, ScaledAdapter):
                d = layer.up.shape[0]
                found += 2 * d * m + m + d
        return found
