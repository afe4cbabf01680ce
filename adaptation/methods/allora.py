"""ALLoRA: LoRA without dropout and without alpha / r, its rate set by the norm of each row (row 28).

Paper: Huang and Balestriero 2024, "ALLoRA: Adaptive Learning Rate Mitigates LoRA Fatal Flaws",
arXiv 2410.09692.
    delta = B A;  before each step, for each row w of A and of B:  grad(w) <- grad(w) / sqrt(|w| + 1 / eta^2)
At B = 0 the multiplier is eta; rows that have grown learn slower. It is computed anew at every step: the
released optimisers compute it once, which is another method. Trainable: r (o + i).
Under AdamW a constant multiplier cancels; what acts is its change over time and between rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.linear import site_generator
from adaptation.method import Capabilities, MethodConfig, Plan, Serving
from adaptation.methods.lora import LoraLinear, LoraMethod
from adaptation.training import Callback, Run


class AlloraConfig(MethodConfig):
    """`eta` is the multiplier of a row of zeros."""

    rank: int = Field(default=8, ge=1)
    eta: float = Field(default=4.0, gt=0)


def row_multiplier(weight: Tensor, eta: float) -> Tensor:
    """[rows, 1] for a factor [rows, columns]."""
    return (weight.norm(dim=1, keepdim=True) + eta**-2).rsqrt()


class ScaleRows(Callback):
    """Multiplies the gradients of both factors, by what they are at this step."""

    def __init__(self, eta: float) -> None:
        self._eta = eta

    @torch.no_grad()
    def before_step(self, run: Run) -> None:
        for weight in run.method.parameters():
            if weight.grad is not None:
                weight.grad *= row_multiplier(weight, self._eta)


class Allora(LoraMethod[AlloraConfig]):
    name: ClassVar = "allora"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA)
    config_type: ClassVar = AlloraConfig

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> LoraLinear:
        draw = site_generator(self.config.seed, name)
        return LoraLinear(base, self.rank_of(name, plan), 1.0, 0.0, draw)

    def callbacks(self) -> Sequence[Callback]:
        return (ScaleRows(self.config.eta),)
