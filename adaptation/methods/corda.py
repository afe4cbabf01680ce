"""CorDA: LoRA started from the directions that data use most, or least (row 16).

Paper: Yang et al. 2024, "CorDA: Context-Oriented Decomposition Adaptation of Large Language Models",
arXiv 2406.05223.
    C [i, i] = mean of x x^T over calibration tokens;  W0 C = U S V^T;  W0 = U S V^T C^-1
    B [o, r] = U_r S_r^(1/2), A [r, i] = S_r^(1/2) V_r^T C^-1; the frozen rest is W0 - B A
    "ipm" takes the largest components (learn best), "kpm" the smallest (forget least)
The decomposition is peft's. The base is not touched here: delta = B A - B0 A0 with the start B0 A0 kept, a
LoRA of rank 2 r. Trainable: r (o + i). peft's hook sums over one sequence, so calibration rows go in singly.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.linear import LowRankLinear, linear_sites
from adaptation.method import Batch, Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving
from core.errors import UserError


class CordaConfig(MethodConfig):
    rank: int = Field(default=8, ge=1)
    keep: Literal["ipm", "kpm"] = "kpm"


class CordaLinear(LowRankLinear):
    a0: Tensor
    b0: Tensor

    def __init__(self, base: nn.Linear, a: Tensor, b: Tensor) -> None:
        super().__init__(base)
        like = base.weight
        self.register_buffer("a0", a.to(like), persistent=False)
        self.register_buffer("b0", b.to(like), persistent=False)
        self.a, self.b = nn.Parameter(self.a0.clone()), nn.Parameter(self.b0.clone())

    def factors(self) -> tuple[Tensor, Tensor]:
        return torch.cat([self.a, self.a0]), torch.cat([self.b, -self.b0], dim=1)


class Corda(LinearMethod[CordaConfig]):
    name: ClassVar = "corda"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA, needs_calibration=True)
    config_type: ClassVar = CordaConfig
    knob: ClassVar = Knob(options=("rank",), like="lora")

    def plan(self, model: nn.Module, calibration: Sequence[Batch]) -> Plan:
        from peft import LoraConfig
        from peft.tuners.lora.config import CordaConfig as Decomposition
        from peft.tuners.lora.corda import preprocess_corda

        if not calibration:
            raise UserError("corda needs batches to calibrate on")
        sites = linear_sites(model, self.config.targets)
        rank = self.config.rank
        smallest = min(min(base.weight.shape) for base in sites.values())
        if rank > smallest:
            raise UserError(f"corda: rank {rank} is more than the smallest layer has: {smallest}")
        studied = copy.deepcopy(model)
        config = LoraConfig(
            r=rank,
            target_modules=list(sites),
            init_lora_weights="corda",
            corda_config=Decomposition(corda_method=self.config.keep, verbose=False),
        )
        preprocess_corda(studied, config, run_model=lambda: _read(studied, calibration))
        found: dict[str, Tensor] = {}
        for name in sites:
            parts = studied.get_submodule(name).eigens
            root = parts.S_WC.sqrt()
            found[f"{name}|a"] = (parts.V_WC.T * root[:, None]).contiguous()
            found[f"{name}|b"] = (parts.U_WC * root).contiguous()
        return Plan(tensors=found)

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> CordaLinear:
        if f"{name}|a" not in plan.tensors:
            raise UserError(f"corda: the plan has nothing for {name}: plan with these targets first")
        return CordaLinear(base, plan.tensors[f"{name}|a"], plan.tensors[f"{name}|b"])

    def count_layer(self, layer: CordaLinear) -> int:
        return self.config.rank * (layer.out_features + layer.in_features)


@torch.no_grad()
def _read(model: nn.Module, calibration: Sequence[Batch]) -> None:
    """One row at a time, without its padding: the hook counts every position that it sees."""
    device = next(model.parameters()).device
    for batch in calibration:
        ids = batch["input_ids"]
        mask = batch.get("attention_mask", torch.ones_like(ids)).bool()
        for row, there in zip(ids, mask, strict=True):
            model(input_ids=row[there][None].to(device))
