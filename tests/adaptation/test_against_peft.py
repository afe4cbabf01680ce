"""Where peft has a method, it and ours say the same on the same weights."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")

from peft.tuners.lora.config import CordaConfig  # noqa: E402
from peft.tuners.lora.corda import preprocess_corda  # noqa: E402

from adaptation.artifact import make  # noqa: E402
from adaptation.method import LLAMA_LINEARS, AdapterMethod, Plan  # noqa: E402
from tests.adaptation.made import TASKS, attached, calibration, logits, rows, tiny  # noqa: E402

BOUND = 1e-5


def randomised(method: AdapterMethod[Any]) -> dict[str, Any]:
    """Every trained tensor drawn anew, so that nothing is zero; gives the state."""
    draw = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw) * 0.1)
    return method.state()


def theirs(model: Any, site: str) -> Any:
    return model.get_submodule(f"base_model.model.{site}")


def same(ours: Any, others: Any, batch: dict[str, Any] | None = None) -> None:
    batch = rows() if batch is None else batch
    found = logits(ours, batch)
    assert float((found - logits(tiny(), rows())).abs().max()) > 1e-3
    assert float((found - logits(others, batch)).abs().max()) <= BOUND


def test_lora() -> None:
    model, method = attached("lora", rank=3, alpha=5.0)
    state = randomised(method)
    config = peft.LoraConfig(r=3, lora_alpha=5.0, target_modules=list(LLAMA_LINEARS))
    other = peft.get_peft_model(tiny(), config)
    with torch.no_grad():
        for site in method.layers:
            theirs(other, site).lora_A["default"].weight.copy_(state[f"{site}|a"])
            theirs(other, site).lora_B["default"].weight.copy_(state[f"{site}|b"])
    same(model, other)


def test_ranks_of_a_plan_are_those_of_a_rank_pattern() -> None:
    plan = Plan(ranks={"model.layers.0.self_attn.q_proj": 2, "model.layers.1.mlp.down_proj": 7})
    model, method = attached("colora", plan=plan, rank=3, alpha=5.0)
    state = randomised(method)
    config = peft.LoraConfig(
        r=3,
        lora_alpha=5.0,
        target_modules=list(LLAMA_LINEARS),
        rank_pattern={site.replace(".", r"\."): rank for site, rank in plan.ranks.items()},
    )
    other = peft.get_peft_model(tiny(), config)
    with torch.no_grad():
        for site in method.layers:
            theirs(other, site).lora_A["default"].weight.copy_(state[f"{site}|a"])
            theirs(other, site).lora_B["default"].weight.copy_(state[f"{site}|b"])
    same(model, other)


@pytest.mark.parametrize("rank", [1, 3])
def test_hut_is_hira(rank: int) -> None:
    model, method = attached("hut", rank=rank)
    state = randomised(method)
    config = peft.HiraConfig(r=rank, target_modules=list(LLAMA_LINEARS))
    other = peft.get_peft_model(tiny(), config)
    with torch.no_grad():
        for site in method.layers:
            theirs(other, site).hira_A["default"].copy_(state[f"{site}|a"])
            theirs(other, site).hira_B["default"].copy_(state[f"{site}|b"])
    same(model, other)


@pytest.mark.parametrize("splits", [1, 4])
def test_poly_and_mhr(splits: int) -> None:
    model, method = attached("poly", splits=splits)
    state = randomised(method)
    config = peft.PolyConfig(
        task_type="CAUSAL_LM",
        r=3,
        n_tasks=TASKS,
        n_skills=2,
        n_splits=splits,
        target_modules=list(LLAMA_LINEARS),
    )
    other = peft.get_peft_model(tiny(), config)
    with torch.no_grad():
        for site in method.layers:
            layer = theirs(other, site)
            layer.poly_lora_A["default"].copy_(state[f"{site}|a"])
            layer.poly_lora_B["default"].copy_(state[f"{site}|b"])
            layer.poly_router["default"].module_logits.copy_(state[f"{site}|router"])
    same(model, other, rows(tasks=True))


@pytest.mark.parametrize("keep", ["ipm", "kpm"])
def test_corda(keep: str) -> None:
    model, method = attached("corda", keep=keep)
    other = tiny()
    config = peft.LoraConfig(
        r=3,
        lora_alpha=3,
        target_modules=list(LLAMA_LINEARS),
        init_lora_weights="corda",
        corda_config=CordaConfig(corda_method=keep, verbose=False),
    )

    def read() -> None:
        with torch.no_grad():
            for batch in calibration(method):
                for row in batch["input_ids"]:
                    other(input_ids=row[None])

    preprocess_corda(other, config, run_model=read)
    other = peft.get_peft_model(other, config)
    site = "model.layers.0.mlp.up_proj"
    assert torch.allclose(theirs(other, site).lora_A["default"].weight, method.layers[site].a, atol=1e-6)
    draw = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for site, layer in method.layers.items():
            for ours, name in ((layer.a, "lora_A"), (layer.b, "lora_B")):
                moved = torch.randn(ours.shape, generator=draw) * 0.1
                ours.add_(moved)
                getattr(theirs(other, site), name)["default"].weight.add_(moved)
    same(model, other)


@pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")
def test_sparse_entries_are_those_of_shira() -> None:
    rank = 2

    def mask(base: Any, r: int, **_: Any) -> Any:
        wanted = r * sum(base.weight.shape)
        flat = torch.zeros(base.weight.numel())
        flat[base.weight.flatten().abs().topk(wanted).indices] = 1
        return flat.view_as(base.weight)

    config = peft.ShiraConfig(r=rank, target_modules=list(LLAMA_LINEARS), mask_type="random")
    config.mask_fn = mask
    other = peft.get_peft_model(tiny(), config)
    places = {
        site: mask(layer, rank).flatten().nonzero().flatten()
        for site, layer in tiny().named_modules()
        if site.rpartition(".")[2] in LLAMA_LINEARS
    }
    method = make("lt-sft", {})
    model = tiny()
    method.attach(model, Plan(tensors=places))
    randomised(method)
    with torch.no_grad():
        for site, layer in method.layers.items():
            theirs(other, site).shira_weight["default"].copy_(layer.values)
            found = theirs(other, site).shira_indices["default"]
            width = layer.in_features
            assert torch.equal(found[0].long() * width + found[1].long(), layer.indices)
    same(model, other)
