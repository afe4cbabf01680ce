"""CoLoRA: LoRA with ranks by how much each layer contributes to tuning (row 4).

Paper: "Contribution-based Low-Rank Adaptation with Pre-training Model for Real Image Restoration" (CoLoRA).
    w0 the weights, w* those after a short full tuning on the calibration batches
    c_l = sum over entries of |(w0 - w*) * mean over the way from w* to w0 of dL/dw|   (integrated gradients)
    r_l = share of L * rank in proportion to c_l, at least 1, none above min(o, i); their sum is exact
Trainable: sum of r_l (o + i). Reconstructed from the abstract and public summaries: the paper's own rule for
the ranks of layers was not to be read, so the proportional one is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field
from torch import nn

from adaptation.layers.linear import linear_sites
from adaptation.layers.probing import borrowed, contributions, tuned
from adaptation.layers.ranks import proportional
from adaptation.method import Batch, Capabilities, Knob, Plan, Serving
from adaptation.methods.lora import LoraConfig, LoraMethod


class ColoraConfig(LoraConfig):
    """`rank` is the mean; `points` are those on the way at which gradients are taken."""

    tuning_steps: int = Field(default=10, ge=1)
    tuning_rate: float = Field(default=1e-4, gt=0)
    points: int = Field(default=4, ge=1)


class Colora(LoraMethod[ColoraConfig]):
    name: ClassVar = "colora"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA, needs_calibration=True)
    config_type: ClassVar = ColoraConfig
    knob: ClassVar = Knob(options=("rank",), like="lora")

    @classmethod
    def paced(cls, steps: int, size: int, layers: int) -> dict[str, Any]:
        return {"tuning_steps": max(1, min(10, steps // 4))}

    def plan(self, model: nn.Module, calibration: Sequence[Batch]) -> Plan:
        config = self.config
        sites = linear_sites(model, config.targets)
        weights = {name: base.weight for name, base in sites.items()}
        start = {name: weight.detach().clone() for name, weight in weights.items()}
        with borrowed(model, weights):
            end = tuned(
                model, weights, calibration, steps=config.tuning_steps, learning_rate=config.tuning_rate
            )
            parts = contributions(model, start, weights, calibration, end=end, points=config.points)
        scores = {name: float(part.abs().sum()) for name, part in parts.items()}
        caps = {name: min(weight.shape) for name, weight in weights.items()}
        return Plan(ranks=proportional(scores, config.rank * len(sites), caps=caps))
