"""What the papers of the low-rank methods say of them, beside what holds for every method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.artifact import WEIGHTS, load, save  # noqa: E402
from adaptation.layers.bits import packed, unpacked  # noqa: E402
from adaptation.layers.linear import linear_sites  # noqa: E402
from adaptation.layers.probing import borrowed, contributions, loss_of, tuned  # noqa: E402
from adaptation.method import LLAMA_LINEARS, Plan  # noqa: E402
from adaptation.methods.increlora import apart  # noqa: E402
from adaptation.methods.tlora import sides, square  # noqa: E402
from adaptation.training import Callback, Run, TrainingConfig, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, calibration, logits, randomised, rows, tiny  # noqa: E402

SITE = "model.layers.1.mlp.down_proj"


@pytest.mark.parametrize(
    ("name", "config", "rank"),
    [
        ("lora", {"rank": 3}, 3),
        ("hydra", {"parallel_rank": 3, "sequential_rank": 2}, 5),
        ("hydra", {"parallel_rank": 3, "sequential_rank": 0}, 3),
        ("flora", {"in_rank": 6, "out_rank": 4}, 4),
        ("flora", {"in_rank": 3, "out_rank": 5}, 3),
        ("nola", {"rank": 4}, 4),
        ("mos", {"rank": 6}, 6),
        ("triadapt", {"first_rank": 3}, 3),
        ("corda", {"rank": 3}, 6),
        ("tlora", {}, 64),
        ("clip-svd", {}, 64),
        ("hut", {"rank": 2}, 64),
    ],
)
def test_the_rank_of_what_can_be_learned(name: str, config: dict[str, Any], rank: int) -> None:
    _, method = randomised(name, **config)
    delta = method.layers[SITE].delta().detach().double()
    assert int(torch.linalg.matrix_rank(delta, rtol=1e-6)) == rank
    factors = method.layers[SITE].factors()
    if factors is not None:
        assert factors[0].shape[0] == rank
        assert torch.allclose((factors[1] @ factors[0]).double(), delta, atol=1e-6)


def test_hydra_without_its_second_branch_is_lora() -> None:
    _, hydra = randomised("hydra", parallel_rank=3, sequential_rank=0, alpha=6.0)
    _, lora = randomised("lora", rank=3, alpha=6.0)
    for ours, theirs in zip(hydra.layers.values(), lora.layers.values(), strict=True):
        assert torch.equal(ours.delta(), theirs.delta())


def test_flora_contracts_its_core_in_the_order_of_the_paper() -> None:
    _, method = randomised("flora")
    layer = method.layers[SITE]
    by_mode = torch.tensordot(torch.tensordot(layer.core, layer.u_in, ([0], [1])), layer.u_out, ([0], [1]))
    assert torch.allclose(layer.scale * by_mode.T, layer.delta(), atol=1e-6)


def test_nola_comes_back_from_its_seed_alone(tmp_path: Path) -> None:
    _, method = randomised("nola")
    save(method, tmp_path)
    again = load(tiny(), tmp_path)
    for name, layer in method.layers.items():
        assert torch.equal(layer.delta(), again.layers[name].delta())
    assert sum(each.numel() for each in method.state().values()) == 14 * (64 + 64)
    _, few = attached("nola", targets=("down_proj",))
    assert torch.equal(few.layers[SITE].bases_a, method.layers[SITE].bases_a)
    _, other = attached("nola", seed=1)
    assert not torch.equal(other.layers[SITE].bases_a, method.layers[SITE].bases_a)


def test_a_private_shard_has_one_user_and_the_size_does_not_depend_on_the_rank() -> None:
    counts = set()
    for rank in (2, 5, 9):
        _, method = attached("mos", rank=rank)
        counts.add(method.count())
        layers = [method.layers[f"model.layers.{n}.mlp.up_proj"] for n in (0, 1)]
        for places in ("places_a", "places_b"):
            first, second = (getattr(layer, places) for layer in layers)
            assert not set(first[0].tolist()) & set(second.flatten().tolist())
            assert not set(second[0].tolist()) & set(first.flatten().tolist())
    sizes = {"q": 64 + 64, "k": 96, "v": 96, "o": 128, "gate": 160, "up": 160, "down": 160}
    assert counts == {2 * 2 * sum(sizes.values())}


def test_a_shared_shard_gathers_the_gradients_of_all_its_users() -> None:
    model, method = randomised("mos", private=0, budget=1, rank=8)
    layers = [method.layers[f"model.layers.{n}.mlp.up_proj"] for n in (0, 1)]
    assert layers[0].pool_a is layers[1].pool_a
    model(**rows()).loss.backward()
    together = layers[0].pool_a.grad.clone()
    alone = torch.zeros_like(together)
    for layer in layers:
        model.zero_grad()
        other = layers[1 - layers.index(layer)]
        kept, other.pool_a = other.pool_a, torch.nn.Parameter(other.pool_a.detach().clone())
        model(**rows()).loss.backward()
        alone += layer.pool_a.grad
        other.pool_a = kept
    assert torch.allclose(together, alone, atol=1e-6)


def test_all_private_it_is_a_lora_in_pieces() -> None:
    _, method = randomised("mos", private=3, budget=3, rank=3, alpha=6.0)
    for layer in method.layers.values():
        assert layer.places_a.unique().numel() == layer.places_a.numel()
        assert torch.linalg.matrix_rank(layer.delta().detach().double(), rtol=1e-6) == 3
    with pytest.raises(UserError, match="no public shards are left"):
        attached("mos", private=2, budget=2, rank=3)
    with pytest.raises(UserError, match="cannot be cut into 5 shards"):
        attached("mos", shards=5)


def test_contributions_add_up_to_the_change_of_the_loss() -> None:
    model = tiny()
    weights = {name: base.weight for name, base in linear_sites(model, LLAMA_LINEARS).items()}
    start = {name: weight.detach().clone() for name, weight in weights.items()}
    batches = [rows(5)]
    with borrowed(model, weights):
        end = tuned(model, weights, batches, steps=8, learning_rate=2e-3)
        after = loss_of(model, batches)
        parts = contributions(model, start, weights, batches, end=end, points=8)
    before = loss_of(model, batches)
    assert before - after > 0.2
    assert abs(sum(float(part.sum()) for part in parts.values()) - (before - after)) < 0.01 * (before - after)


def test_a_plan_gives_out_all_ranks_by_contribution() -> None:
    _, method = attached("colora")
    ranks = method.plan_used.ranks
    assert sum(ranks.values()) == 3 * 14
    assert min(ranks.values()) >= 1
    assert len(set(ranks.values())) > 1
    with pytest.raises(UserError, match="plans from data"):
        method.plan(tiny(), [])


@pytest.mark.parametrize(("name", "bound"), [("increlora", 1e-5), ("triadapt", 1e-6)])
def test_growing_leaves_the_function_and_keeps_to_its_budget(name: str, bound: float) -> None:
    model, method = attached(name)
    mean = method.config.mean_rank
    seen: list[tuple[int, float]] = []

    class Watch(Callback):
        def __init__(self, inner: Callback) -> None:
            self.inner = inner

        def before_step(self, run: Run) -> None:
            self.inner.before_step(run)

        def after_step(self, run: Run) -> None:
            before = logits(model, rows())
            self.inner.after_step(run)
            change = float((logits(model, rows()) - before).abs().max())
            seen.append((sum(layer.rank for layer in method.layers.values()), change))

    watched = [Watch(each) for each in method.callbacks()]
    method.callbacks = lambda: watched
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=24, learning_rate=3e-3))
    ranks, changes = zip(*seen, strict=True)
    assert max(changes) <= bound
    assert ranks[0] == 2 * 14
    assert ranks[-1] == mean * 14
    assert list(ranks) == sorted(ranks)


def test_orthonormal_rows_cost_nothing() -> None:
    rows_of = torch.linalg.qr(torch.randn(6, 3, generator=torch.Generator().manual_seed(0)))[0].T
    assert float(apart(rows_of)) < 1e-10
    assert float(apart(2 * rows_of)) == pytest.approx(27.0, rel=1e-5)


@given(st.integers(1, 40), st.sampled_from([1, 2, 4]), st.integers(0, 9))
def test_packed_numbers_come_back(count: int, bits: int, seed: int) -> None:
    numbers = torch.randint(0, 2**bits, (count,), generator=torch.Generator().manual_seed(seed)).byte()
    stored = packed(numbers, bits)
    assert stored.numel() == -(-count * bits // 8)
    assert torch.equal(unpacked(stored, numbers.shape, bits), numbers)


@pytest.mark.parametrize("bits", [1, 2])
def test_one_bit_factors_take_their_bits_on_disk(bits: int, tmp_path: Path) -> None:
    model, method = randomised("one-bit", bits=bits)
    state = method.state()
    size = sum(each.numel() * each.element_size() for each in state.values())
    assert size == method.count() * bits // 8 + 8 * 2 * 14
    for name in ("a", "b"):
        assert method.layers[SITE]._used(name).detach().unique().numel() == 2**bits
    save(method, tmp_path)
    assert size < (tmp_path / WEIGHTS).stat().st_size < size + 8000
    again = tiny()
    loaded = load(again, tmp_path)
    assert torch.equal(logits(again, rows()), logits(model, rows()))
    assert all(torch.equal(each, state[key]) for key, each in loaded.state().items())


def test_hut_leaves_zeros_of_the_base_and_its_short_way_is_the_long_one() -> None:
    model = tiny()
    with torch.no_grad():
        model.get_submodule(SITE).weight[3] = 0.0
    _, method = attached("hut", model, rank=1)
    layer = method.layers[SITE]
    with torch.no_grad():
        layer.b.normal_(generator=torch.Generator().manual_seed(1))
    assert not layer.delta()[3].any()
    x = torch.randn(2, 5, 96, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(layer.branch(x, x), x @ layer.delta().T, atol=1e-5)


def test_corda_takes_the_most_used_or_the_least_used_part() -> None:
    left = {}
    for keep in ("ipm", "kpm"):
        model, method = attached("corda", keep=keep)
        inputs: list[Any] = []
        layer = method.layers[SITE]
        handle = layer.register_forward_hook(lambda _, x, __, inputs=inputs: inputs.append(x[0]))
        logits(model, calibration(method)[0])
        handle.remove()
        part = layer.b0 @ layer.a0
        whole = (inputs[0] @ layer.weight.T).norm()
        left[keep] = float((inputs[0] @ part.T).norm() / whole)
        assert float(layer.delta().detach().abs().max()) <= 1e-6
    assert left["ipm"] > 3 * left["kpm"]


def test_skills_are_mixed_by_shares_and_can_be_averaged() -> None:
    model, method = randomised("poly")
    layer = method.layers[SITE]
    weights = layer.weights(torch.arange(3))
    assert torch.allclose(weights.sum(dim=-1), torch.ones(3, 4))
    assert method.count() == sum(
        2 * 3 * (each.out_features + each.in_features) + 3 * 4 * 2 for each in method.layers.values()
    )
    method.freeze_skills()
    assert method.count() == 14 * 3 * 4 * 2 == sum(p.numel() for p in method.parameters())
    method.average_skills()
    said = []
    for task in range(3):
        method.select(task)
        said.append(logits(model, {"input_ids": rows()["input_ids"]}))
    assert all(torch.allclose(each, said[0], atol=1e-6) for each in said)
    with pytest.raises(UserError, match="there is no task 3"):
        method.select(3)
    with pytest.raises(UserError, match="task_ids must be from 0 to 2"):
        model(input_ids=rows()["input_ids"], task_ids=torch.full((8,), 3))


def test_a_task_must_be_named() -> None:
    model, method = attached("mtlora")
    with pytest.raises(UserError, match="has 3 tasks: select one"):
        model(input_ids=rows()["input_ids"])
    with pytest.raises(UserError, match="has 3 tasks: select one"):
        list(method.delta())


@given(st.integers(1, 3000), st.integers(1, 4))
def test_a_size_is_cut_into_factors(size: int, parts: int) -> None:
    found = sides(size, parts)
    assert len(found) == parts
    assert torch.tensor(found).prod() == size


def test_tlora_cuts_a_small_model_evenly_and_starts_as_the_identity() -> None:
    assert sides(576, 3) == (8, 8, 9)
    assert sides(1536, 3) == (8, 12, 16)
    _, method = attached("tlora")
    layer = method.layers[SITE]
    assert torch.equal(square(layer.turn), torch.eye(96))
    assert float(layer.distance().detach()) == 0.0
    assert not layer.delta().any()


def test_the_base_alone_speaks_while_adapters_are_off() -> None:
    for name in ("lora", "lt-sft", "bottleneck", "r-amt"):
        model, method = randomised(name)
        with method.off():
            assert torch.equal(logits(model, rows()), logits(tiny(), rows()))
        assert not torch.equal(logits(model, rows()), logits(tiny(), rows()))


def test_a_plan_of_another_model_is_refused() -> None:
    with pytest.raises(UserError, match="the plan is of another model: it has no somewhere"):
        attached("lora", plan=Plan(ranks={"somewhere": 3}))
