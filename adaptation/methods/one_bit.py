"""1-bit adapters: the factors of a LoRA, quantised while they train (row 32).

Paper: Jie et al. 2023, "Revisiting the Parameter Efficiency of Adapters from the Perspective of Precision
Redundancy", arXiv 2307.16867.
    each factor w with mean m and deviation d:  code = the centre nearest to (w - m) / (d + 1e-5)
    used is code d + m, and the gradient goes straight through to w
    centres: 1 bit +-0.67449; 2 bits +-0.3778, +-1.2657.  A [r, i] Kaiming, B [o, r] truncated N(0, 0.001^2)
Trainable: r (o + i). On disk: bits / 8 bytes a number and 8 for m and d. B cannot be zero, for then it has no
deviation: the model is changed a little before the first step. What is loaded is used, not trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.bits import packed, unpacked
from adaptation.layers.linear import LowRankLinear, kaiming, normal, site_generator
from adaptation.method import Capabilities, LinearMethod, MethodConfig, Plan, Serving
from core.errors import UserError

CENTRES = {1: (-0.67449, 0.67449), 2: (-1.2657, -0.3778, 0.3778, 1.2657)}
START, SMALLEST = 1e-3, 1e-5


class OneBitConfig(MethodConfig):
    rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16.0, gt=0)
    bits: Literal[1, 2] = 1


def codes(weight: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """(numbers of the nearest centres, uint8 and of weight's shape; (m, d) [2])."""
    centres = weight.new_tensor(CENTRES[bits])
    mean, deviation = weight.mean(), weight.std(unbiased=False)
    borders = (centres[1:] + centres[:-1]) / 2
    found = torch.bucketize((weight - mean) / (deviation + SMALLEST), borders)
    return found.to(torch.uint8), torch.stack([mean, deviation])


def decoded(found: Tensor, stats: Tensor, bits: int) -> Tensor:
    centres = stats.new_tensor(CENTRES[bits])
    return centres[found.long()] * stats[1] + stats[0]


class OneBitLinear(LowRankLinear):
    def __init__(self, base: nn.Linear, config: OneBitConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        r, like = config.rank, base.weight
        self.a = nn.Parameter(kaiming(r, self.in_features, draw, like))
        drawn = normal((self.out_features, r), START, draw, like)
        self.b = nn.Parameter(drawn.clamp(-2 * START, 2 * START))
        self.bits = config.bits
        self.scale = config.alpha / r
        self.stored: dict[str, tuple[Tensor, Tensor]] = {}
        """Codes and statistics as they were loaded: those of decoded values would be others."""

    def codes(self, name: str) -> tuple[Tensor, Tensor]:
        return self.stored.get(name) or codes(getattr(self, name), self.bits)

    def _used(self, name: str) -> Tensor:
        weight: Tensor = getattr(self, name)
        if name in self.stored:
            return weight
        with torch.no_grad():
            value = decoded(*codes(weight, self.bits), self.bits)
        # Adds exactly 0 and lets the gradient through: value - w, added to w, would round.
        return value + (weight - weight.detach())

    def factors(self) -> tuple[Tensor, Tensor]:
        return self._used("a"), self.scale * self._used("b")


class OneBit(LinearMethod[OneBitConfig]):
    name: ClassVar = "one-bit"
    capabilities: ClassVar = Capabilities(
        serving=Serving.EXACT_LORA, not_identity="codes have no zero: B starts at about 0.001"
    )
    config_type: ClassVar = OneBitConfig

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> OneBitLinear:
        return OneBitLinear(base, self.config, site_generator(self.config.seed, name))

    @torch.no_grad()
    def state(self) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for site, layer in self.layers.items():
            for name in ("a", "b"):
                numbers, stats = layer.codes(name)
                found[f"{site}|{name}.codes"] = packed(numbers, self.config.bits)
                found[f"{site}|{name}.stats"] = stats.float()
        return found

    @torch.no_grad()
    def load(self, state: Mapping[str, Tensor]) -> None:
        wanted = {f"{s}|{n}.{k}" for s in self.layers for n in "ab" for k in ("codes", "stats")}
        if wanted != state.keys():
            raise UserError(f"the adapter does not fit this model: {min(wanted ^ state.keys())!r} differs")
        for site, layer in self.layers.items():
            for name in ("a", "b"):
                weight = getattr(layer, name)
                stored = state[f"{site}|{name}.codes"].to(weight.device)
                if stored.numel() != -(-weight.numel() * self.config.bits // 8):
                    raise UserError(f"the adapter does not fit this model: {site}|{name} has another size")
                numbers = unpacked(stored, weight.shape, self.config.bits)
                stats = state[f"{site}|{name}.stats"].to(weight)
                layer.stored[name] = numbers, stats
                weight.copy_(decoded(numbers, stats, self.config.bits))
                weight.requires_grad_(False)

    def count_layer(self, layer: OneBitLinear) -> int:
        return self.config.rank * (layer.out_features + layer.in_features)
