"""A tiny random Llama, rows to train it on, and a small configuration of every method."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from adaptation.artifact import make
from adaptation.method import AdapterMethod, Batch, Plan

torch.set_warn_always(True)  # else a warning is seen once a process, in whichever test comes first
VOCABULARY, TOKENS, ROWS, TASKS = 128, 12, 8, 3
DEVICE = os.environ.get("ATLAS_TEST_DEVICE", "cpu")  # noqa: TID251
"""Where models and rows of the tests are: `cuda` runs the same tests on a GPU."""
SMALL: dict[str, dict[str, Any]] = {
    "hydra": {"parallel_rank": 3, "sequential_rank": 2},
    "flora": {"in_rank": 6, "out_rank": 4},
    "increlora": {"mean_rank": 3, "every": 2, "layers_per_round": 3},
    "triadapt": {"mean_rank": 4, "every": 2, "layers_per_round": 3},
    "mtlora": {"tasks": TASKS, "shared_rank": 2, "task_rank": 3},
    "poly": {"tasks": TASKS, "skills": 2, "rank": 3},
    "corda": {"rank": 3},
    "colora": {"rank": 3, "tuning_steps": 3, "points": 2},
    "spt": {"rank": 4, "ratio": 2.0, "budget": 1000, "vectors": False},
    "sara": {"share": 0.1, "nuclear": 1e-4},
    "id3": {"budget": 900, "steps": 30},
    "snella": {"width": 8, "final_share": 0.2, "first_step": 1, "last_step": 20},
    "tlora": {"cores": 3, "rank": 2},
    "bottleneck": {"width": 10},
    "stn": {"rank": 3, "smoothing": 0.05, "train_steps": 1},
    "model-surgery": {"rank": 3},
    "lisa": {"active": 1, "every": 5},
    "width-rule": {"rule": {"proxy_width": 32}},
    "mam": {"prefix": 3, "width": 10},
    "mosa": {"width": 11, "pieces": 2},
    "mola": {"experts": (2, 3), "rank": 3},
    "widenet": {"width": 6, "experts": 3},
    "polyhistor": {"tasks": TASKS, "width": 16, "pieces": 4, "rank": 2, "code": 5},
    "sherl": {"width": 12},
    "domain-prompts": {"tasks": TASKS, "length": 3},
    "lt-sft": {"share": 0.02, "tuning_steps": 3},
    "mos": {"budget": 2, "rank": 6, "shards": 4, "private": 1},
}
"""What differs from a method's defaults, so that two ranks are never equal by chance."""


def tiny(
    seed: int = 0, *, bias: bool = False, layers: int = 2, dtype: torch.dtype = torch.float32
) -> LlamaForCausalLM:
    """Two layers, d = 64, six tensors with biases if wanted; in evaluation mode."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=64,
            intermediate_size=96,
            num_hidden_layers=layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=64,
            attention_bias=bias,
            mlp_bias=bias,
        )
        model = LlamaForCausalLM(config).eval()
        if bias:  # they start as zeros, which would hide what a method does to them
            for name, parameter in model.named_parameters():
                if name.endswith("bias"):
                    nn.init.normal_(parameter, std=0.1)
    return model.to(device=DEVICE, dtype=dtype)


def sharp() -> Any:
    """A tiny model whose weights are as large as trained ones: its head can be sure of a token."""
    model = tiny()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            factor = {"proj.weight": 6, "tokens.weight": 50, "head.weight": 20}
            parameter.mul_(next((by for end, by in factor.items() if name.endswith(end)), 1))
    return model


def rows(seed: int = 1, *, tasks: bool = False) -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, VOCABULARY, (ROWS, TOKENS), generator=draw).to(DEVICE)
    found = {"input_ids": ids, "labels": ids}
    return found | {"task_ids": torch.arange(ROWS, device=DEVICE) % TASKS} if tasks else found


def attached(
    name: str, model: nn.Module | None = None, plan: Plan | None = None, **config: Any
) -> tuple[nn.Module, AdapterMethod[Any]]:
    """A method on a model, planned from the rows of all tests where it wants to be."""
    model = tiny() if model is None else model
    method = make(name, {**SMALL.get(name, {}), **config})
    if plan is None:
        plan = method.plan(model, calibration(method))
    method.attach(model, plan)
    return model, method


def randomised(name: str, model: nn.Module | None = None, **config: Any) -> tuple[Any, Any]:
    """A method on a model, all that it trains drawn anew: no start of zeros hides a formula."""
    model, method = attached(name, model, **config)
    draw = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw) * 0.1)
    return model, method


def states(width: int, tokens: int = 20) -> Tensor:
    """Hidden states of two rows, [2, tokens, width]."""
    return torch.randn(2, tokens, width, generator=torch.Generator().manual_seed(4))


def calibration(method: AdapterMethod[Any]) -> list[Batch]:
    if not method.capabilities.needs_calibration:
        return []
    return [{key: value[:4] for key, value in rows(seed).items()} for seed in (5, 6)]


@torch.no_grad()
def logits(model: nn.Module, batch: Batch) -> Tensor:
    """[b, t, vocabulary] in evaluation mode."""
    was = model.training
    model.eval()
    found = model(**{key: value for key, value in batch.items() if key != "labels"}).logits
    model.train(was)
    return found  # type: ignore[no-any-return]
