"""Methods that choose among experts token by token, and how evenness is counted."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from torch.nn import functional  # noqa: E402

from adaptation.artifact import WEIGHTS, save  # noqa: E402
from adaptation.layers.blocks import depths  # noqa: E402
from adaptation.layers.routing import balance, gates  # noqa: E402
from adaptation.methods.mola import MolaConfig  # noqa: E402
from adaptation.training import TrainingConfig, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, logits, randomised, rows, states, tiny  # noqa: E402

SITE = "model.layers.1.mlp.down_proj"


def test_higher_layers_have_more_experts() -> None:
    names = {f"model.layers.{n}.mlp.up_proj": None for n in range(8)}
    places = depths(names)
    parts = MolaConfig().experts
    assert [parts[place * 4 // count] for place, count in places.values()] == [2, 2, 4, 4, 6, 6, 8, 8]
    _, method = attached("mola", tiny(layers=4), experts=(2, 4, 6, 8), targets=("q_proj",))
    assert [layer.a.shape[0] for layer in method.layers.values()] == [2, 4, 6, 8]
    assert method.count() == (2 + 4 + 6 + 8) * (3 * (64 + 64) + 64)
    with pytest.raises(UserError, match="stands in no numbered layer"):
        depths({"lm_head": None})


def test_each_token_goes_to_two_experts_by_the_formula() -> None:
    _, method = randomised("mola", experts=(5,), targets=("down_proj",))
    layer, x = method.layers[SITE], states(96)
    shares = layer.gates(x)
    assert torch.equal((shares > 0).sum(dim=-1), torch.full((2, 20), 2))
    assert torch.allclose(shares.sum(dim=-1), torch.ones(2, 20))
    assert ((shares > 0).sum(dim=(0, 1)) > 0).all(), "tokens differ in where they go"
    probabilities = functional.softmax(x @ layer.router.T, dim=-1)
    wanted = torch.zeros(2, 20, 64)
    for row in range(2):
        for token in range(20):
            best = probabilities[row, token].topk(2)
            for p, expert in zip(best.values / best.values.sum(), best.indices, strict=True):
                wanted[row, token] += p * layer.scale * layer.b[expert] @ (layer.a[expert] @ x[row, token])
    assert torch.allclose(layer.branch(x, x), wanted, atol=1e-5)


def test_an_expert_that_was_not_chosen_gets_no_gradient() -> None:
    _, method = randomised("mola", experts=(5,), targets=("down_proj",))
    layer, x = method.layers[SITE], states(96)[:, :1]
    chosen = (layer.gates(x) > 0).any(dim=0)[0]
    assert 2 <= int(chosen.sum()) < 5
    layer.branch(x, x).sum().backward()
    for gradient in (layer.a.grad, layer.b.grad):
        assert (gradient.flatten(1).abs().sum(dim=1) > 0).tolist() == chosen.tolist()


def test_one_expert_is_lora() -> None:
    found = []
    for name, config in (("mola", {"experts": (1,)}), ("lora", {})):
        model, method = attached(name, rank=3, alpha=6.0, **config)
        train(model, method, shuffled(rows(), 8), TrainingConfig(steps=4, learning_rate=3e-3))
        found.append((logits(model, rows()), method.count()))
    assert torch.allclose(found[0][0], found[1][0], atol=1e-5)
    assert found[0][1] == found[1][1]


def test_one_shared_expert_is_one_adapter_in_parallel_for_all_layers() -> None:
    _, method = randomised("widenet", experts=1)
    first, second = method.layers.values()
    assert first.experts is second.experts
    assert method.count() == 2 * 64 * 6 + 2 * 64 * 2
    x = states(64)
    for layer in (first, second):
        normed = functional.layer_norm(x, (64,), layer.gain, layer.shift, eps=1e-6)
        wanted = functional.gelu(normed @ layer.experts.down[0].T) @ layer.experts.up[0].T
        assert torch.allclose(layer(x), layer.base(x) + wanted, atol=1e-5)
    assert method.extra_loss() is None


def test_widenet_sends_each_token_to_its_experts_by_the_formula() -> None:
    _, method = randomised("widenet", experts=4, active=2)
    layer, x = next(iter(method.layers.values())), states(64)
    experts = layer.experts
    probabilities = functional.softmax(x @ experts.router.T, dim=-1)
    best = probabilities.topk(2, dim=-1)
    each = torch.stack(
        [functional.gelu(x @ d.T) @ u.T for d, u in zip(experts.down, experts.up, strict=True)]
    )
    shares = best.values / best.values.sum(dim=-1, keepdim=True)
    wanted = sum(
        shares[..., n, None]
        * each.permute(1, 2, 0, 3).take_along_dim(best.indices[..., n, None, None], 2)[:, :, 0]
        for n in range(2)
    )
    assert torch.allclose(experts(x)[0], wanted, atol=1e-5)


def test_another_layer_costs_a_norm_and_no_experts(tmp_path: Any) -> None:
    counts = [attached("widenet", tiny(layers=layers))[1].count() for layers in (1, 2, 6)]
    assert [b - a for a, b in itertools.pairwise(counts)] == [2 * 64, 4 * 2 * 64]
    _, method = attached("widenet", tiny(layers=6))
    assert sum("experts" in key for key in method.state()) == 3
    save(method, tmp_path)
    assert (tmp_path / WEIGHTS).stat().st_size < 4 * method.count() + 4096


def test_norms_of_layers_go_their_own_ways() -> None:
    model, method = attached("widenet")
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=6, learning_rate=1e-2))
    first, second = (layer.gain.detach() for layer in method.layers.values())
    assert float((first - second).abs().max()) > 1e-3


def test_balance_is_one_when_even_and_e_when_one_expert_has_all() -> None:
    even = torch.full((6, 3), 1 / 3)
    one = torch.eye(3)[torch.zeros(6, dtype=torch.long)]
    assert float(balance(even, even)) == pytest.approx(1.0)
    assert float(balance(one, even)) == pytest.approx(1.0)
    assert float(balance(one, one)) == pytest.approx(3.0)
    turns = torch.eye(3).repeat(2, 1)
    assert float(balance(turns, turns)) == pytest.approx(1.0)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=6).filter(lambda each: sum(each) > 0))
def test_where_shares_and_probabilities_agree_one_is_the_least_and_means_even(counts: list[int]) -> None:
    sent = torch.cat([torch.eye(len(counts))[n].repeat(count, 1) for n, count in enumerate(counts)])
    found = float(balance(sent, sent))
    assert found >= 1 - 1e-5
    assert (found < 1 + 1e-5) == (len(set(counts)) == 1)


def test_balance_can_be_below_one_where_they_do_not_agree() -> None:
    """The notes say never below 1; it counts what is sent, and a close choice counts as a sure one."""
    probabilities = torch.tensor([[0.51, 0.49], [0.51, 0.49], [0.0, 1.0]])
    sent = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert float(balance(sent, probabilities)) == pytest.approx(2 * (2 / 3 * 0.34 + 1 / 3 * 0.66))
    assert float(balance(sent, probabilities)) < 0.9


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 100))
def test_gates_have_so_many_shares_and_their_sum_is_one(experts: int, active: int, seed: int) -> None:
    drawn = torch.randn(7, experts, generator=torch.Generator().manual_seed(seed))
    found, probabilities = gates(drawn, active)
    assert ((found > 0).sum(dim=-1) == min(active, experts)).all()
    assert torch.allclose(found.sum(dim=-1), torch.ones(7))
    assert torch.equal(found.argmax(dim=-1), probabilities.argmax(dim=-1))


@pytest.mark.parametrize("name", ["mola", "widenet"])
def test_the_extra_loss_evens_the_experts_out(name: str) -> None:
    found = []
    for weight in (0.0, 3.0):
        config = {"experts": (4,)} if name == "mola" else {"experts": 4, "active": 1}
        model, method = attached(name, balance=weight, **config)
        with torch.no_grad():
            for parameter in {p for n, p in model.named_parameters() if n.endswith("router")}:
                parameter[0] += 0.05
                parameter *= 5
        train(model, method, shuffled(rows(), 8), TrainingConfig(steps=25, learning_rate=2e-2))
        found.append(unevenness(name, model, method))
        assert all(layer.unevenness is None for layer in method.layers.values())
    assert found[1] < found[0] - 0.02


@torch.no_grad()
def unevenness(name: str, model: Any, method: Any) -> float:
    """As the extra loss counts it, whatever its weight in training was."""
    for layer in method.layers.values():
        if name == "mola":
            layer.balanced = True
        layer.train()
    model(**rows())
    found = [float(layer.unevenness) for layer in method.layers.values()]
    for layer in method.layers.values():
        layer.unevenness = None
    return sum(found) / len(found)
