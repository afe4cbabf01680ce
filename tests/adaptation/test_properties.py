"""What holds for every method of the registry, on a tiny random Llama; each exception is declared."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.artifact import load, make, save  # noqa: E402
from adaptation.layers.sparse import SparseDeltaLinear  # noqa: E402
from adaptation.method import AdapterMethod, Serving  # noqa: E402
from adaptation.registry import BUILT_IN, load_method, tuning_methods  # noqa: E402
from adaptation.serving.export import lora_factors, write_lora  # noqa: E402
from adaptation.training import TrainingConfig, TrainingResult, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import SMALL, attached, calibration, logits, rows, tiny  # noqa: E402

METHODS = tuning_methods()
SLOW_STARTERS = {"mosa": 16}
"""Steps until every tensor has moved, where it is more than the two that a product of factors needs."""
RATES = {"hut": 0.03}
"""Learning rates, where 3e-3 is not of the right size for what is trained."""
STARTS = {"mam": 1.0, "domain-prompts": 1.0}
"""How far logits may be moved at the start, where a prefix takes most of the first token's attention."""
LIVE = [
    *(name for name in METHODS if load_method(name).capabilities.serving is Serving.RUNTIME_ONLY),
    "bottleneck conv",
]
"""Those that stay beside the weights, and so must work with the cache of generation."""


def steps(model: Any, method: AdapterMethod[Any], count: int) -> TrainingResult:
    config = TrainingConfig(steps=count, learning_rate=RATES.get(method.name, 3e-3))
    return train(model, method, shuffled(batch_of(method), 8), config)


def batch_of(method: AdapterMethod[Any]) -> dict[str, Any]:
    return rows(tasks=method.capabilities.per_task)


def select(method: AdapterMethod[Any], task: int = 1) -> dict[str, Any]:
    """Rows to compare on: of one task where a delta is of one task."""
    batch = rows()
    if method.capabilities.per_task:
        method.select(task)  # type: ignore[attr-defined]
    return batch


def trained(method: AdapterMethod[Any]) -> dict[str, Any]:
    return {f"{site}|{name}": each for site, name, each in method._tensors() if each.requires_grad}


def base_tensors(model: Any, method: AdapterMethod[Any]) -> dict[str, Any]:
    """The base's own tensors by their name without adapters, as they were where they are tuned in place."""
    if method.capabilities.in_place:
        return {**dict(model.named_parameters()), **method.originals()}
    ours = {id(tensor) for layer in method.layers.values() for tensor in layer.parameters()}
    kept = {id(t) for layer in method.layers.values() for t in layer.base.parameters()}
    return {
        name.replace(".base.", "."): parameter
        for name, parameter in model.named_parameters()
        if id(parameter) not in ours - kept
    }


@pytest.mark.parametrize("name", METHODS)
def test_1_attaching_changes_nothing(name: str) -> None:
    model, method = attached(name)
    batch = batch_of(method)
    before = logits(tiny(), {key: value for key, value in batch.items() if key != "task_ids"})
    drift = float((logits(model, batch) - before).abs().max())
    if method.capabilities.not_identity:
        assert 1e-5 < drift < STARTS.get(name, 0.05)
    else:
        assert drift <= 1e-5


@pytest.mark.parametrize("name", METHODS)
def test_1_planning_leaves_the_model_to_the_bit(name: str) -> None:
    model = tiny()
    model.lm_head.weight.requires_grad_(False)
    method = make(name, SMALL.get(name, {}))
    method.plan(model, calibration(method))
    fresh = dict(tiny().named_parameters())
    assert [key for key, p in model.named_parameters() if not torch.equal(p, fresh[key])] == []
    assert [key for key, p in model.named_parameters() if not p.requires_grad] == ["lm_head.weight"]
    assert all(p.grad is None for p in model.parameters())
    assert not model.training


@pytest.mark.parametrize("name", METHODS)
def test_2_the_formula_counts_what_is_trained(name: str) -> None:
    model, method = attached(name)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    assert sum(parameter.numel() for parameter in trained) == method.count()
    assert {id(each) for each in trained} == {id(each) for each in method.parameters()}
    steps(model, method, 4)
    assert sum(parameter.numel() for parameter in method.parameters()) == method.count() > 0


@pytest.mark.parametrize("name", METHODS)
def test_3_every_tensor_that_is_trained_moves(name: str) -> None:
    model, method = attached(name)
    before = {key: tensor.detach().clone() for key, tensor in trained(method).items()}
    steps(model, method, SLOW_STARTERS.get(name, 3))
    after = {key: tensor for key, tensor in trained(method).items() if tensor.numel()}
    assert after
    assert [key for key in after if torch.equal(before[key], after[key])] == []


@pytest.mark.parametrize("name", METHODS)
def test_4_the_base_is_frozen_to_the_bit(name: str) -> None:
    model, method = attached(name)
    steps(model, method, 5)
    base = base_tensors(model, method)
    fresh = dict(tiny().named_parameters())
    assert base.keys() == fresh.keys()
    assert [key for key in fresh if not torch.equal(fresh[key], base[key])] == []


@pytest.mark.parametrize("name", METHODS)
def test_5_merged_it_says_the_same_and_unmerging_restores_every_bit(name: str) -> None:
    model, method = attached(name)
    steps(model, method, 5)
    batch = select(method)
    if method.capabilities.serving is Serving.RUNTIME_ONLY:
        with pytest.raises(UserError, match="only be run live"):
            method.merge()
        return
    live = logits(model, batch)
    assert float((live - logits(tiny(), batch)).abs().max()) > 1e-4, "nothing was learned"
    method.merge()
    assert float((logits(model, batch) - live).abs().max()) <= 1e-4
    added = dict(method.delta())
    fresh = tiny()
    with torch.no_grad():
        for key, delta in added.items():
            fresh.get_parameter(key).add_(delta)
    assert float((logits(fresh, batch) - live).abs().max()) <= 1e-4
    method.unmerge()
    assert torch.equal(logits(model, batch), live)
    assert all(torch.equal(p, base_tensors(model, method)[k]) for k, p in tiny().named_parameters())


@pytest.mark.parametrize("name", METHODS)
def test_6_saved_and_loaded_it_says_the_same(name: str, tmp_path: Path) -> None:
    model, method = attached(name)
    steps(model, method, 5)
    batch = select(method)
    save(method, tmp_path)
    again = tiny()
    loaded = load(again, tmp_path)
    select(loaded)
    assert torch.equal(logits(again, batch), logits(model, batch))
    assert loaded.count() == method.count()


@pytest.mark.parametrize("name", METHODS)
def test_7_the_loss_falls(name: str) -> None:
    model, method = attached(name)
    losses = steps(model, method, 30).losses
    assert len(losses) == 30
    assert sum(losses[-3:]) / 3 < losses[0] * 0.98


@pytest.mark.parametrize("name", METHODS)
def test_8_as_lora_it_is_exact_or_says_its_error(name: str, tmp_path: Path) -> None:
    model, method = attached(name)
    steps(model, method, 5)
    batch = select(method)
    if method.capabilities.serving is Serving.RUNTIME_ONLY or method.capabilities.in_place:
        with pytest.raises(UserError, match="which no LoRA can"):
            lora_factors(method, 4)
        return
    if method.capabilities.serving is Serving.EXACT_LORA:
        from peft import PeftModel

        live = logits(model, batch)
        write_lora(lora_factors(method), tmp_path, "tiny")
        served = PeftModel.from_pretrained(tiny(), str(tmp_path))
        assert float((logits(served, batch) - live).abs().max()) <= 1e-4
    else:
        with pytest.raises(UserError, match="give a rank"):
            lora_factors(method)
    errors = [
        [each.error for each in lora_factors(method, rank).values()] for rank in (1, 2, 4, 8, 16, 32, 64)
    ]
    for lower, higher in itertools.pairwise(errors):
        assert all(after <= before + 1e-6 for before, after in zip(lower, higher, strict=True))
    assert max(errors[-1]) < 1e-5


@pytest.mark.parametrize("name", METHODS)
def test_9_no_token_sees_a_later_one(name: str) -> None:
    model, method = attached(name)
    steps(model, method, 3)
    batch = select(method)
    changed = {**batch, "input_ids": batch["input_ids"].clone()}
    changed["input_ids"][:, 7:] = (changed["input_ids"][:, 7:] + 1) % 128
    before, after = logits(model, batch), logits(model, changed)
    assert float((before - after)[:, 7:].abs().max()) > 1e-3
    drift = float((before - after)[:, :7].abs().max())
    assert drift > 1e-3 if method.capabilities.not_causal else drift <= 1e-5


@pytest.mark.parametrize("name", METHODS)
def test_10_a_sparse_method_touches_its_entries_only(name: str) -> None:
    model, method = attached(name)
    layers = [each for each in method.layers.values() if isinstance(each, SparseDeltaLinear)]
    steps(model, method, 6)
    for layer in layers:
        places = torch.cat([layer.indices, layer.kept_indices])
        assert places.unique().numel() == places.numel() == layer.values.numel() + layer.kept_values.numel()
        outside = torch.ones(layer.weight.numel(), dtype=torch.bool)
        outside[places] = False
        assert not layer.delta().flatten()[outside].any()
    assert bool(layers) == (BUILT_IN[name].kind.value == "sparse" and name not in NOT_BY_ENTRIES)


@pytest.mark.parametrize("name", METHODS)
def test_11_taken_out_again_the_base_is_there(name: str) -> None:
    model, method = attached(name)
    steps(model, method, 3)
    if method.capabilities.serving is not Serving.RUNTIME_ONLY:
        select(method)
        method.merge()
        with pytest.raises(UserError, match="unmerge it first"):
            method.detach(model)
        method.unmerge()
    method.detach(model)
    fresh = tiny()
    assert [type(m) for m in model.modules()] == [type(m) for m in fresh.modules()]
    assert torch.equal(logits(model, rows()), logits(fresh, rows()))


@pytest.mark.parametrize("name", LIVE)
def test_12_with_the_cache_it_writes_what_it_writes_without(name: str) -> None:
    name, _, form = name.partition(" ")
    model, method = attached(name, **({"form": form} if form else {}))
    steps(model, method, 10)
    select(method)
    ids = rows()["input_ids"][:3, :5]
    told = {
        "attention_mask": torch.ones_like(ids),
        "max_new_tokens": 8,
        "do_sample": False,
        "pad_token_id": 0,
    }
    told |= {"output_logits": True, "return_dict_in_generate": True}
    kept = model.generate(ids, **told)
    anew = model.generate(ids, **told, use_cache=False)
    assert torch.equal(kept.sequences, anew.sequences)
    for one, other in zip(kept.logits, anew.logits, strict=True):
        assert float((one - other).abs().max()) <= 1e-4
    with method.off():
        assert not torch.equal(model.generate(ids, **told).logits[-1], kept.logits[-1])
    assert (kept.past_key_values is None) is (form == "conv")


NOT_BY_ENTRIES = frozenset({"snella", "r-amt"})
"""Sparse methods whose support is no list of entries; their own tests bound it."""
