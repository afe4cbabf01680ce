"""SPT: tune where the loss is sensitive, with LoRA or entry by entry (row 29).

Paper: He et al. 2023, "Sensitivity-Aware Visual Parameter-Efficient Fine-Tuning", arXiv 2303.08566.
    s = sum over batches of (dL/dw)^2; the best entries of all target matrices and norms are selected
    a matrix with at least r (o + i) / `ratio` selected entries gets a LoRA of rank r,
    a vector with more than a fifth of its entries selected is tuned in full,
    other matrices are tuned at their selected entries alone
The selection is made smaller until all of it fits the budget: a LoRA may cost more than what selected it.
Trainable: sum of r (o + i), of vectors' lengths and of selected entries, at most `budget`. The choice is the
same for any scale of the loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.linear import linear_sites, replace_module, site_generator
from adaptation.layers.probing import borrowed, squares
from adaptation.layers.sparse import SparseDeltaLinear, VectorDelta, largest
from adaptation.method import Batch, Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving, Unit
from adaptation.methods.lora import LoraLinear
from core.errors import UserError

VECTOR_SHARE, SHRINK = 0.2, 0.9


class SptConfig(MethodConfig):
    """`budget` counts trainable parameters; `vectors` lets norms be tuned too."""

    budget: int = Field(default=100_000, ge=1)
    rank: int = Field(default=8, ge=1)
    ratio: float = Field(default=5.0, gt=0)
    alpha: float = Field(default=16.0, gt=0)
    vectors: bool = True


class Spt(LinearMethod[SptConfig]):
    name: ClassVar = "spt"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE, needs_calibration=True)
    config_type: ClassVar = SptConfig
    knob: ClassVar = Knob(options=("budget",), unit=Unit.PARAMETERS)

    def plan(self, model: nn.Module, calibration: Sequence[Batch]) -> Plan:
        sites = linear_sites(model, self.config.targets)
        weights = {name: base.weight for name, base in sites.items()}
        if self.config.vectors:
            weights |= _norms(model)
        with borrowed(model, weights):
            scores = squares(model, weights, calibration)
        count = self.config.budget
        while count > 0:
            plan, cost = self._structured(largest(scores, count), weights)
            if cost <= self.config.budget:
                return plan
            count = int(count * SHRINK)
        raise UserError(f"spt: nothing fits a budget of {self.config.budget}")

    def _structured(self, chosen: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> tuple[Plan, int]:
        """The plan that follows from selected entries, and how many parameters it trains."""
        ranks: dict[str, int] = {}
        tensors: dict[str, Tensor] = {}
        cost = 0
        for name, places in chosen.items():
            shape = weights[name].shape
            if len(shape) == 1:
                if places.numel() > VECTOR_SHARE * shape[0]:
                    tensors[f"vector|{name}"] = torch.ones(1)
                    cost += shape[0]
            elif places.numel() >= self.config.rank * sum(shape) / self.config.ratio:
                ranks[name] = self.config.rank
                cost += self.config.rank * sum(shape)
            elif places.numel():
                tensors[f"sparse|{name}"] = places
                cost += places.numel()
        return Plan(ranks=ranks, tensors=tensors), cost

    def attach(self, model: nn.Module, plan: Plan) -> None:
        super().attach(model, plan)
        for key in plan.tensors:
            part, _, name = key.partition("|")
            if part == "vector":
                self.layers[name] = VectorDelta(model.get_submodule(name)).train(model.training)
                replace_module(model, name, self.layers[name])

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> nn.Module | None:
        if rank := plan.ranks.get(name):
            draw = site_generator(self.config.seed, name)
            return LoraLinear(base, rank, self.config.alpha / rank, 0.0, draw)
        places = plan.tensors.get(f"sparse|{name}")
        return None if places is None else SparseDeltaLinear(base, places)

    def count_layer(self, layer: nn.Module) -> int:
        if isinstance(layer, LoraLinear):
            return self.config.rank * (layer.out_features + layer.in_features)
        return int(layer.indices.numel() if isinstance(layer, SparseDeltaLinear) else layer.values.numel())


def _norms(model: nn.Module) -> dict[str, nn.Parameter]:
    """The weights of modules that have a vector as their weight, by the module's name."""
    return {
        name: module.weight
        for name, module in model.named_modules()
        if isinstance(getattr(module, "weight", None), nn.Parameter) and module.weight.dim() == 1
    }
