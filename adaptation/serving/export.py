"""Adapters as plain LoRA: exact where the method has factors, by SVD with its error where it has not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from adaptation.layers.linear import DeltaLinear
from adaptation.method import AdapterMethod, Serving
from core.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """delta ~ B A with A [r, i], B [o, r] and all scaling folded in.

    `error` is |delta - B A| / |delta|, in Frobenius norm.
    """

    a: Tensor
    b: Tensor
    error: float


@torch.no_grad()
def lora_factors(method: AdapterMethod[Any], rank: int | None = None) -> dict[str, Factors]:
    """By layer. Without `rank` exact factors; with it the best ones of that rank.

    Raises:
        UserError: a layer has no exact factors, or what was learned is not in linear layers alone.
    """
    found: dict[str, Factors] = {}
    for site, layer in method.layers.items():
        if method.capabilities.serving is Serving.RUNTIME_ONLY or not isinstance(layer, DeltaLinear):
            raise UserError(f"{method.name} changes {site}, which no LoRA can: merge it or serve it live")
        if layer.delta_bias() is not None:
            raise UserError(f"{method.name} changes the bias of {site}, which no LoRA can: merge it")
        exact = layer.factors()
        if rank is not None:
            found[site] = nearest(layer.delta(), rank)
        elif exact is None:
            raise UserError(f"{method.name} is no exact LoRA: give a rank, and see the error")
        else:
            found[site] = Factors(a=exact[0].detach(), b=exact[1].detach(), error=0.0)
    return found


def nearest(delta: Tensor, rank: int) -> Factors:
    """The factors of that rank that are nearest to delta [o, i] (Eckart and Young)."""
    u, s, v = torch.linalg.svd(delta.double(), full_matrices=False)
    kept = s[:rank].sqrt()
    whole = float(s.norm())
    error = float(s[rank:].norm()) / whole if whole else 0.0
    a = (kept[:, None] * v[:rank]).to(delta.dtype)
    return Factors(a=a, b=(u[:, :rank] * kept).to(delta.dtype), error=error)


def write_lora(factors: Mapping[str, Factors], folder: Path, base_model: str) -> None:
    """A folder in peft's form that vLLM reads too: one rank for all, alpha equal to it."""
    pairs, rank = filled(factors)
    tensors: dict[str, Tensor] = {}
    for site, (a, b) in pairs.items():
        tensors[f"base_model.model.{site}.lora_A.weight"] = a
        tensors[f"base_model.model.{site}.lora_B.weight"] = b
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_model,
        "r": rank,
        "lora_alpha": rank,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": sorted({site.rpartition(".")[2] for site in factors}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def filled(factors: Mapping[str, Factors]) -> tuple[dict[str, tuple[Tensor, Tensor]], int]:
    """(A, B) by layer at the largest rank of all, and that rank.

    llama.cpp takes alpha over the rank of each tensor and vLLM reads no rank pattern, so smaller factors are
    filled up with zeros; with alpha equal to the rank nothing is left to scale.
    """
    rank = max(each.a.shape[0] for each in factors.values())
    pairs: dict[str, tuple[Tensor, Tensor]] = {}
    for site, each in factors.items():
        missing = rank - each.a.shape[0]
        a = torch.cat([each.a, each.a.new_zeros(missing, each.a.shape[1])])
        b = torch.cat([each.b, each.b.new_zeros(each.b.shape[0], missing)], dim=1)
        pairs[site] = (a.contiguous(), b.contiguous())
    return pairs, rank
