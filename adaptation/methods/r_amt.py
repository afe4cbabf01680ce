"""R-AMT: a binary mask on frozen weights, its gradient held back where it would undo the base (row 30).

Paper: Zheng et al. 2023, "Regularized Mask Tuning: Uncovering Hidden Knowledge in Pre-trained
Vision-Language Models", arXiv 2307.15049. Attention matrices only.
    W' = W0 * 1[m > t];  m [o, i] starts at 0.01, t = 0.005; gradient straight through: dL/dm = dL/dW' * W0
    gradient dropout: g_c that of the loss, g_k that of KL(base, model) on the same batch
        p = (1 + sign(g_c) (g_c + g_k) / (|g_c| + |g_k|)) / 2
        g = g_c with probability p, else (1 - level) g_c
    L2 of 1e-4 on m
Trainable: o i a matrix. On disk: one bit an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.bits import packed, unpacked
from adaptation.layers.linear import DeltaLinear
from adaptation.method import Batch, Capabilities, LinearMethod, MethodConfig, Plan, Serving
from adaptation.training import Loss, causal_loss
from core.errors import UserError

START, THRESHOLD = 1e-2, 5e-3


class RamtConfig(MethodConfig):
    """`level` 0 drops nothing, and saves the second pass."""

    targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    level: float = Field(default=0.3, ge=0, le=1)
    decay: float = Field(default=1e-4, ge=0)


class MaskLinear(DeltaLinear):
    def __init__(self, base: nn.Linear) -> None:
        super().__init__(base)
        self.real = nn.Parameter(torch.full_like(base.weight, START))

    def mask(self) -> Tensor:
        """[o, i] of 0 and 1, with the gradient of `real`."""
        return (self.real > THRESHOLD).to(self.real.dtype) + (self.real - self.real.detach())

    def delta(self) -> Tensor:
        return self.weight * (self.mask() - 1)

    def forward(self, x: Tensor) -> Tensor:
        if self.merged or not self.active:
            return self.base(x)
        return functional.linear(x, self.base.weight * self.mask(), self.base.bias)


class Ramt(LinearMethod[RamtConfig]):
    name: ClassVar = "r-amt"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE)
    config_type: ClassVar = RamtConfig

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> MaskLinear:
        return MaskLinear(base)

    def param_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        return [{"params": self.parameters(), "lr": learning_rate, "weight_decay": self.config.decay}]

    def backward(self, model: nn.Module, batch: Batch, loss: Loss = causal_loss) -> Tensor:
        if not self.config.level:
            return super().backward(model, batch, loss)
        shown = {name: batch[name] for name in ("input_ids", "attention_mask") if name in batch}
        with torch.no_grad(), self.off():
            before = model(**shown).logits.log_softmax(dim=-1)
        parameters = self.parameters()
        found = loss(self, model, batch)
        own = torch.autograd.grad(found, parameters)
        after = model(**shown).logits.log_softmax(dim=-1)
        divergence = functional.kl_div(after, before, log_target=True, reduction="batchmean")
        general = torch.autograd.grad(divergence, parameters)
        for parameter, g_c, g_k in zip(parameters, own, general, strict=True):
            stays = torch.rand_like(g_c) < agreement(g_c, g_k)
            parameter.grad = torch.where(stays, g_c, (1 - self.config.level) * g_c)
        return found.detach()

    @torch.no_grad()
    def state(self) -> dict[str, Tensor]:
        return {
            f"{site}|mask": packed((layer.real > THRESHOLD).to(torch.uint8), 1)
            for site, layer in self.layers.items()
        }

    @torch.no_grad()
    def load(self, state: Mapping[str, Tensor]) -> None:
        wanted = {f"{site}|mask": layer for site, layer in self.layers.items()}
        if wanted.keys() != state.keys():
            odd = min(wanted.keys() ^ state.keys())
            raise UserError(f"the adapter does not fit this model: {odd!r} differs")
        for key, layer in wanted.items():
            stored = state[key].to(layer.real.device)
            if stored.numel() != -(-layer.real.numel() // 8):
                raise UserError(f"the adapter does not fit this model: {key} has another size")
            layer.real.copy_(START * unpacked(stored, layer.real.shape, 1))

    def count_layer(self, layer: MaskLinear) -> int:
        return layer.out_features * layer.in_features


def agreement(g_c: Tensor, g_k: Tensor) -> Tensor:
    """p in [0, 1]: 1 where both gradients have one sign, or are nothing."""
    size = g_c.abs() + g_k.abs()
    share = (1 + g_c.sign() * (g_c + g_k) / size.clamp_min(torch.finfo(size.dtype).tiny)) / 2
    return torch.where(g_c * g_k >= 0, torch.ones_like(share), share)
