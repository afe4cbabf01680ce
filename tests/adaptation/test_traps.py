"""What the released code of these papers gets wrong: each test fails with that code's way of doing it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.artifact import make  # noqa: E402
from adaptation.layers.sparse import largest  # noqa: E402
from adaptation.method import Plan  # noqa: E402
from adaptation.methods.allora import row_multiplier  # noqa: E402
from adaptation.training import Callback, Run, TrainingConfig, shuffled, train  # noqa: E402
from tests.adaptation.made import attached, calibration, logits, rows, tiny  # noqa: E402

SITE = "model.layers.1.self_attn.q_proj"


def learned(name: str, steps: int = 4, model: Any = None, **config: Any) -> tuple[Any, Any]:
    model, method = attached(name, model, **config)
    batch = rows(tasks=method.capabilities.per_task)
    train(model, method, shuffled(batch, 8), TrainingConfig(steps=steps, learning_rate=3e-3))
    return model, method


def test_snella_starts_where_the_base_is_and_yet_learns_at_once() -> None:
    _, method = attached("snella")
    layer = method.layers[SITE]
    assert float(layer.sparse().detach().abs().max()) > 1e-3, (
        "what the released code adds before the first step"
    )
    assert not layer.delta().any()
    layer.delta().sum().backward()
    assert all(float(each.grad.abs().max()) > 0 for each in (layer.p, layer.q, layer.mix, layer.shift))


def test_triadapt_leaves_its_start() -> None:
    model, method = attached("triadapt")
    model(**rows()).loss.backward()
    layer = method.layers[SITE]
    assert not layer.delta().any()
    assert float(layer.core.grad.abs().max()) > 0
    assert sum(p.numel() for p in layer.parameters() if p.requires_grad) == 2 * (64 + 64) + 2**2


@pytest.mark.parametrize("form", ["linear", "conv"])
def test_a_bottleneck_trains_more_than_its_last_bias(form: str) -> None:
    _, method = attached("bottleneck", form=form)
    before = {id(p): p.detach().clone() for p in method.parameters()}
    _, method = learned("bottleneck", 3, form=form)
    assert len(before) == len(method.parameters())
    for old, new in zip(before.values(), method.parameters(), strict=True):
        assert not torch.equal(old, new)


def test_a_convolution_looks_back_only_and_does_look_back() -> None:
    model, _ = learned("bottleneck", 6, form="conv", reach=3)
    batch = {"input_ids": rows()["input_ids"]}
    changed = {"input_ids": batch["input_ids"].clone()}
    changed["input_ids"][:, 6:] = (changed["input_ids"][:, 6:] + 1) % 128
    assert float((logits(model, batch) - logits(model, changed))[:, :6].abs().max()) <= 1e-5
    hidden = torch.randn(1, 8, 64, generator=torch.Generator().manual_seed(1))
    other = hidden.clone()
    other[:, 2] += 1
    adapter = model.model.layers[0].mlp
    moved = (adapter.branch(hidden, hidden) - adapter.branch(other, other)).abs().amax(dim=(0, 2))
    assert [bool(each > 0) for each in moved] == [False, False, True, True, True, False, False, False]
    assert model.generation_config.use_cache is False


def test_sara_keeps_the_sign_of_small_negative_weights() -> None:
    _, method = attached("sara")
    for layer in method.layers.values():
        chosen = layer.weight.flatten()[layer.indices]
        now = (layer.weight + layer.delta()).flatten()[layer.indices]
        assert bool((chosen < 0).any())
        assert torch.equal(now, chosen)


def test_id3_spends_its_budget_exactly_among_equals() -> None:
    scores = {"a": torch.ones(7, 3), "b": torch.ones(5)}
    for count in range(30):
        chosen = largest(scores, count)
        assert sum(each.numel() for each in chosen.values()) == min(count, 26)
    model, method = attached("id3", budget=101, steps=7)
    seen: list[tuple[int, set[tuple[str, int]]]] = []

    class Watch(Callback):
        def after_step(self, run: Run) -> None:
            now = {(n, int(i)) for n, each in method.layers.items() for i in each.indices}
            seen.append((method.count(), now))

    watched = [*method.callbacks(), Watch()]
    method.callbacks = lambda: watched
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=9, weight_decay=0.5))
    assert [count for count, _ in seen] == [101 * n // 7 for n in range(1, 8)] + [101, 101]
    assert all(len(now) == count for count, now in seen)
    assert all(before <= after for (_, before), (_, after) in itertools.pairwise(seen))


def test_weight_decay_moves_no_weight_outside_the_mask() -> None:
    for name in ("id3", "sara", "lt-sft"):
        model, method = attached(name)
        config = TrainingConfig(steps=4, weight_decay=0.5, learning_rate=1e-2)
        train(model, method, shuffled(rows(), 8), config)
        drifted = sum(int((delta != 0).sum()) for _, delta in method.delta())
        assert 0 < drifted <= method.count() + sum(x.kept_values.numel() for x in method.layers.values())


def test_hydra_merges_each_layer_with_its_own_weight_and_bias() -> None:
    _, method = learned("hydra", model=tiny(bias=True))
    draw = torch.Generator().manual_seed(3)
    for layer in method.layers.values():
        x = torch.randn(5, layer.in_features, generator=draw)
        live = layer(x).detach()
        assert layer.delta_bias() is not None
        layer.merge()
        assert float((layer(x) - live).detach().abs().max()) < 1e-5
        layer.unmerge()
        assert torch.equal(layer(x), live)


def test_a_delta_that_depends_on_the_base_does_not_see_itself_when_merged() -> None:
    for name in ("hydra", "hut", "r-amt", "tlora"):
        _, method = learned(name)
        before = {key: delta.clone() for key, delta in method.delta()}
        method.merge()
        assert all(torch.equal(before[key], delta) for key, delta in method.delta())


def test_corda_reads_one_row_at_a_time() -> None:
    """peft's hook drops a batch of one and fails, or transposes wrongly, on any other."""
    together = attached("corda")[1]
    singly = make("corda", {"rank": 3})
    batches = [{"input_ids": row[None]} for batch in calibration(singly) for row in batch["input_ids"]]
    plan = singly.plan(tiny(), batches)
    for key, tensor in plan.tensors.items():
        assert torch.equal(tensor, together.plan_used.tensors[key])
    padded = [
        {
            "input_ids": torch.nn.functional.pad(each["input_ids"], (0, 5)),
            "attention_mask": torch.nn.functional.pad(torch.ones_like(each["input_ids"]), (0, 5)),
        }
        for each in batches
    ]
    again = singly.plan(tiny(), padded)
    assert all(torch.equal(tensor, plan.tensors[key]) for key, tensor in again.tensors.items())


def test_mtlora_merges_every_task() -> None:
    model, method = learned("mtlora")
    batch = rows(tasks=True)
    mixed = logits(model, batch)
    plain = {"input_ids": batch["input_ids"]}
    for task in range(3):
        method.select(task)
        mine = batch["task_ids"] == task
        assert float((logits(model, plain)[mine] - mixed[mine]).abs().max()) <= 1e-5
        method.merge()
        assert float((logits(model, plain)[mine] - mixed[mine]).abs().max()) <= 1e-4
        method.unmerge()


def test_allora_computes_its_multiplier_at_every_step() -> None:
    model, method = attached("allora", eta=4.0)
    (scale,) = method.callbacks()
    seen: list[Any] = []

    class Before(Callback):
        def before_step(self, run: Run) -> None:
            seen.append([p.grad.clone() for p in run.method.parameters()])

    class After(Callback):
        def before_step(self, run: Run) -> None:
            for p, raw in zip(run.method.parameters(), seen[-1], strict=True):
                assert torch.allclose(p.grad, raw / (p.norm(dim=1, keepdim=True) + 1 / 16).sqrt())

    method.callbacks = lambda: (Before(), scale, After())
    start = row_multiplier(method.layers[SITE].b, 4.0)
    assert torch.equal(start, torch.full((64, 1), 4.0))
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=4, learning_rate=0.05))
    assert len(seen) == 4
    assert float((row_multiplier(method.layers[SITE].b, 4.0) - start).detach().abs().max()) > 0.1


def test_places_are_wide_enough_for_any_layer() -> None:
    """Sums of sizes in int32 overflow at 2^31 entries: places are int64, and of one layer each."""
    chosen = largest({"a": torch.arange(4.0), "b": torch.arange(3.0)}, 3)
    assert {name: each.tolist() for name, each in chosen.items()} == {"a": [2, 3], "b": [2]}
    assert all(each.dtype == torch.int64 for each in chosen.values())
    method = make("lt-sft", {})
    model = tiny()
    sites = [n for n, _ in model.named_modules() if n.rpartition(".")[2] in method.config.targets]
    method.attach(model, Plan(tensors=dict.fromkeys(sites, torch.tensor([1], dtype=torch.int32))))
    assert all(layer.indices.dtype == torch.int64 for layer in method.layers.values())
