"""What the papers of the sparse methods say of them, beside what holds for every method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.artifact import WEIGHTS, load, make, save  # noqa: E402
from adaptation.layers.sparse import VectorDelta, largest  # noqa: E402
from adaptation.method import Plan  # noqa: E402
from adaptation.methods.lt_sft import composed  # noqa: E402
from adaptation.methods.r_amt import agreement  # noqa: E402
from adaptation.training import Callback, Run, TrainingConfig, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, calibration, logits, rows, tiny  # noqa: E402

SITE = "model.layers.1.self_attn.q_proj"
ENTRIES = 2 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 64 * 96)


def trained(model: Any, method: Any, steps: int, *callbacks: Callback, rate: float = 3e-3) -> None:
    watched = [*method.callbacks(), *callbacks]
    method.callbacks = lambda: watched
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=steps, learning_rate=rate))


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=7), min_size=1, max_size=4), st.data())
def test_the_largest_are_exactly_as_many_and_no_other_is_larger(
    values: list[list[int]], data: st.DataObject
) -> None:
    scores = {str(n): torch.tensor(each, dtype=torch.float32) for n, each in enumerate(values)}
    total = sum(map(len, values))
    count = data.draw(st.integers(0, total + 2))
    chosen = largest(scores, count)
    assert sum(each.numel() for each in chosen.values()) == min(count, total)
    inside = [v for name, each in chosen.items() for v in scores[name][each].tolist()]
    ranked = sorted((v for each in values for v in each), reverse=True)
    assert sorted(inside, reverse=True) == ranked[:count]
    assert all(torch.equal(each, each.unique()) for each in chosen.values())


def test_lt_sft_keeps_what_moved_most_and_rewinds() -> None:
    model = tiny()
    method = make("lt-sft", {"share": 0.02, "tuning_steps": 3})
    plan = method.plan(model, calibration(method))
    assert all(torch.equal(p, tiny().get_parameter(name)) for name, p in model.named_parameters())
    assert all(p.grad is None and p.requires_grad for p in model.parameters())
    assert sum(each.numel() for each in plan.tensors.values()) == round(0.02 * ENTRIES)
    again = make("lt-sft", {"share": 0.02, "tuning_steps": 3}).plan(tiny(), calibration(method))
    assert all(torch.equal(each, again.tensors[key]) for key, each in plan.tensors.items())


def test_sparse_adapters_add_up_in_any_order_and_come_off_again() -> None:
    deltas = []
    for seed in (1, 2):
        model, method = attached("lt-sft", seed=seed)
        train(model, method, shuffled(rows(seed), 8), TrainingConfig(steps=4))
        deltas.append(dict(method.delta()))
    both, other = composed(deltas), composed(deltas[::-1])
    assert both.keys() == deltas[0].keys() | deltas[1].keys()
    assert all(torch.equal(both[key], other[key]) for key in both)
    model, fresh = tiny(), tiny()
    with torch.no_grad():
        for sign in (1, -1):
            for key, delta in both.items():
                model.get_parameter(key).add_(sign * delta)
            same = all(
                torch.allclose(p, fresh.get_parameter(n), atol=1e-7) for n, p in model.named_parameters()
            )
            assert same == (sign == -1)


def test_sara_trains_the_smallest_share_and_later_a_part_of_it() -> None:
    model, method = attached("sara", share=0.1)
    first = {name: set(layer.indices.tolist()) for name, layer in method.layers.items()}
    assert abs(method.count() - 0.1 * ENTRIES) <= 1
    seen: list[tuple[int, int]] = []

    class Watch(Callback):
        def after_step(self, run: Run) -> None:
            states = run.optimizer.state.values()
            seen.append((method.count(), sum(state["exp_avg"].numel() for state in states)))

    trained(model, method, 6, Watch(), rate=0.05)
    assert all(count == states for count, states in seen)
    assert seen[0] == seen[1]
    assert 0 < seen[-1][0] < seen[0][0]
    for name, layer in method.layers.items():
        assert set(layer.indices.tolist()) <= first[name]
        assert set(layer.indices.tolist()) | set(layer.kept_indices.tolist()) == first[name]
        kept = (layer.weight + layer.delta()).flatten()[layer.kept_indices]
        assert bool((kept.abs() >= method.threshold).all())


def test_sara_pulls_the_trained_part_to_low_rank() -> None:
    _, method = attached("sara", nuclear=1.0, targets=("q_proj",))
    loss = method.extra_loss()
    matrices = []
    for layer in method.layers.values():
        below = (layer.weight.abs() < method.threshold) * layer.weight
        matrices.append(float(torch.linalg.svdvals(below.detach()).sum()))
    assert any(abs(float(loss.detach()) - each) < 1e-3 for each in matrices)
    loss.backward()
    assert any(p.grad is not None and bool(p.grad.any()) for p in method.parameters())
    assert attached("sara", targets=("k_proj",))[1].extra_loss() is None


def test_id3_updates_about_half_as_often_as_a_fixed_mask() -> None:
    model, method = attached("id3", budget=1000, steps=None)
    updates: list[int] = []

    class Count(Callback):
        def after_step(self, run: Run) -> None:
            updates.append(method.count())

    trained(model, method, 100, Count())
    assert updates[-1] == 1000
    assert sum(updates) == 1000 * 101 // 2
    assert sum(updates) / (1000 * 100) == pytest.approx(0.505)


def test_id3_takes_the_entries_with_the_steepest_gradient_for_their_size() -> None:
    model, method = attached("id3", budget=40, steps=2, epsilon=0.5, exponent=2.0, targets=("q_proj",))
    base = tiny()
    base(**rows()).loss.backward()
    scores = {
        name: base.get_submodule(name).weight.grad.abs() / (0.5 + base.get_submodule(name).weight.abs()) ** 2
        for name in method.layers
    }
    wanted = largest({name: each.detach() for name, each in scores.items()}, 20)
    trained(model, method, 1)
    for name, layer in method.layers.items():
        assert sorted(layer.indices.tolist()) == wanted[name].tolist()


def test_spt_keeps_to_its_budget_and_does_not_care_how_large_the_loss_is() -> None:
    for budget in (300, 1000, 5000):
        _, method = attached("spt", budget=budget, vectors=True)
        assert 0 < method.count() <= budget
    plan = method.plan(tiny(), calibration(method))
    model = tiny()
    forward = model.forward

    def larger(**named: Any) -> Any:
        out = forward(**named)
        out.loss = out.loss * 8
        return out

    model.forward = larger
    scaled = method.plan(model, calibration(method))
    assert scaled.ranks == plan.ranks
    assert scaled.tensors.keys() == plan.tensors.keys()
    assert all(torch.equal(each, plan.tensors[key]) for key, each in scaled.tensors.items())


def test_spt_tunes_entries_factors_and_norms_together() -> None:
    plan = Plan(
        ranks={SITE: 3},
        tensors={
            "sparse|model.layers.0.mlp.up_proj": torch.tensor([3, 5, 900]),
            "vector|model.norm": torch.ones(1),
            "vector|model.layers.0.input_layernorm": torch.ones(1),
        },
    )
    model, method = attached("spt", plan=plan, rank=3)
    assert method.count() == 3 * 128 + 3 + 2 * 64 == sum(p.numel() for p in method.parameters())
    assert float((logits(model, rows()) - logits(tiny(), rows())).abs().max()) <= 1e-5
    trained(model, method, 5)
    assert isinstance(method.layers["model.norm"], VectorDelta)
    live = logits(model, rows())
    assert float((live - logits(tiny(), rows())).abs().max()) > 1e-3
    fresh = tiny()
    with torch.no_grad():
        for key, delta in method.delta():
            fresh.get_parameter(key).add_(delta)
    assert float((logits(fresh, rows()) - live).abs().max()) <= 1e-4
    method.merge()
    assert float((logits(model, rows()) - live).abs().max()) <= 1e-4
    method.unmerge()
    assert torch.equal(logits(model, rows()), live)


def test_a_planned_method_says_when_a_plan_is_missing() -> None:
    for name in ("lt-sft", "corda"):
        with pytest.raises(UserError, match=f"{name}: the plan has nothing for"):
            attached(name, plan=Plan())
    with pytest.raises(UserError, match="plans from data: give it batches"):
        make("spt", {}).plan(tiny(), [])


def test_snella_keeps_exactly_its_entries_and_its_kernel_has_a_high_rank() -> None:
    _, method = attached("snella", first_share=0.1)
    layer = method.layers[SITE]
    assert int((layer.sparse() != 0).sum()) == round(0.1 * 64 * 64) == int(layer.nnz)
    rank = int(torch.linalg.matrix_rank(layer.kernel().detach().double(), rtol=1e-6))
    assert rank > method.config.width
    assert method.count() == sum(8 * sum(x.weight.shape) + 3 for x in method.layers.values())


def test_snella_layers_compete_for_a_budget_that_falls() -> None:
    model, method = attached("snella")
    budgets: list[int] = []

    class Watch(Callback):
        def after_step(self, run: Run) -> None:
            budgets.append(sum(int(layer.nnz) for layer in method.layers.values()))

    trained(model, method, 25, Watch())
    assert budgets[0] == ENTRIES
    assert budgets == sorted(budgets, reverse=True)
    assert budgets[19:] == [round(0.2 * ENTRIES)] * 6
    shares = [int(layer.nnz) / layer.weight.numel() for layer in method.layers.values()]
    assert max(shares) > 2 * min(shares)
    assert max(shares) <= 1


def test_a_mask_keeps_a_weight_or_drops_it() -> None:
    model, method = attached("r-amt")
    assert len(method.layers) == 8
    trained(model, method, 6)
    dropped = 0
    for layer in method.layers.values():
        now = layer.weight + layer.delta()
        assert bool(((now == 0) | (now == layer.weight)).all())
        dropped += int((now == 0).sum())
    assert 0 < dropped < method.count()
    stored = sum(each.numel() * each.element_size() for each in method.state().values())
    assert stored == method.count() // 8


def test_a_gradient_is_held_back_only_where_it_would_undo_the_base() -> None:
    g_c = torch.tensor([2.0, 2.0, 2.0, -1.0, 0.0, 0.0])
    g_k = torch.tensor([1.0, -2.0, -6.0, 3.0, 5.0, 0.0])
    assert agreement(g_c, g_k).tolist() == [1.0, 0.5, 0.25, 0.25, 1.0, 1.0]


def test_without_a_level_nothing_is_dropped() -> None:
    plain, held = attached("r-amt", level=0.0), attached("r-amt", level=1.0)
    torch.manual_seed(0)
    for model, method in (plain, held):
        loss = method.backward(model, rows())
        assert float(loss) == pytest.approx(float(tiny()(**rows()).loss.detach()), abs=1e-5)
    assert all(
        torch.allclose(one.grad, other.grad, atol=1e-8)
        for one, other in zip(plain[1].parameters(), held[1].parameters(), strict=True)
    ), "at the start the base and the model agree: KL has no gradient"


def test_places_take_four_bytes_on_disk_where_they_fit_and_eight_in_memory(tmp_path: Path) -> None:
    model, method = attached("id3", budget=2000)
    trained(model, method, 30)
    save(method, tmp_path / "id3")
    assert 8 * 2000 < (tmp_path / "id3" / WEIGHTS).stat().st_size < 12 * 2000
    loaded = load(tiny(), tmp_path / "id3")
    for name, layer in method.layers.items():
        assert loaded.layers[name].indices.dtype == torch.int64
        assert torch.equal(loaded.layers[name].indices, layer.indices)


def test_a_place_beyond_four_bytes_comes_back_as_it_was(tmp_path: Path) -> None:
    far = torch.tensor([3, 2**31 + 5])
    _, method = attached("lora", plan=Plan(tensors={"far": far}))
    save(method, tmp_path)
    assert torch.equal(load(tiny(), tmp_path).plan_used.tensors["far"], far)
