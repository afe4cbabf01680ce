"""LT-SFT: a lottery ticket's few entries, tuned alone, that add up with those of other tasks (row 31).

Paper: Ansell et al. 2022, "Composable Sparse Fine-Tuning for Cross-Lingual Transfer", arXiv 2110.07560.
    1. tune all target weights for a while: w0 -> w1;  2. keep the k entries with the largest |w1 - w0|
    3. rewind to w0 and tune those alone;  w = w0 + phi_task + phi_domain composes by adding
Trainable: k. The first phase is the plan: it trains on the calibration batches. Places are int64 and chosen
exactly; the released code adds up int32 numbers, which overflow beyond 2^31 entries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.linear import linear_sites
from adaptation.layers.probing import borrowed, tuned
from adaptation.layers.sparse import SparseDeltaLinear, largest
from adaptation.method import Batch, Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving, Unit
from core.errors import UserError


class LtSftConfig(MethodConfig):
    """`share` of the entries of all target matrices is k; `pull` weighs sum |phi| in the loss."""

    share: float = Field(default=0.005, gt=0, le=1)
    tuning_steps: int = Field(default=50, ge=1)
    tuning_rate: float = Field(default=1e-4, gt=0)
    pull: float = Field(default=0.0, ge=0)


class LtSft(LinearMethod[LtSftConfig]):
    name: ClassVar = "lt-sft"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE, needs_calibration=True)
    config_type: ClassVar = LtSftConfig
    knob: ClassVar = Knob(options=("share",), unit=Unit.SHARE)

    @classmethod
    def paced(cls, steps: int, size: int, layers: int) -> dict[str, Any]:
        return {"tuning_steps": max(1, min(50, steps // 4))}

    def plan(self, model: nn.Module, calibration: Sequence[Batch]) -> Plan:
        config = self.config
        sites = linear_sites(model, config.targets)
        weights = {name: base.weight for name, base in sites.items()}
        start = {name: weight.detach().clone() for name, weight in weights.items()}
        with borrowed(model, weights):
            end = tuned(
                model, weights, calibration, steps=config.tuning_steps, learning_rate=config.tuning_rate
            )
        entries = sum(weight.numel() for weight in weights.values())
        moved = {name: (end[name] - start[name]).abs() for name in weights}
        return Plan(tensors=largest(moved, max(1, round(config.share * entries))))

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> SparseDeltaLinear | None:
        places = plan.tensors.get(name)
        if places is None:
            raise UserError(f"lt-sft: the plan has nothing for {name}: plan with these targets first")
        return SparseDeltaLinear(base, places) if places.numel() else None

    def extra_loss(self) -> Tensor | None:
        if not self.config.pull:
            return None
        sizes = [layer.values.abs().sum() for layer in self.layers.values()]
        return self.config.pull * torch.stack(sizes).sum()

    def count_layer(self, layer: SparseDeltaLinear) -> int:
        return int(layer.indices.numel())


def composed(parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The sum of several deltas, weight by weight: sparse adapters of a task and of a domain together.

    Summed in double precision: the order does not show after rounding.
    """
    names = sorted({name for part in parts for name in part})
    found: dict[str, Tensor] = {}
    for name in names:
        stack = torch.stack([part[name] for part in parts if name in part]).double()
        found[name] = stack.sum(dim=0).to(next(part[name] for part in parts if name in part).dtype)
    return found
