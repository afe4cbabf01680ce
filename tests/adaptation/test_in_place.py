"""LISA and full tuning by the width rule: what is trained when, and what the rule keeps equal."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

from adaptation.artifact import make  # noqa: E402
from adaptation.method import Plan  # noqa: E402
from adaptation.training import Callback, Run, TrainingConfig, shuffled, train  # noqa: E402
from adaptation.width_rule import WidthRule, ends_of, largest_singular_values  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, logits, rows, tiny  # noqa: E402


def deep(layers: int = 5, *, tied: bool = False) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=128,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=layers,
            num_attention_heads=2,
            num_key_value_heads=2,
            tie_word_embeddings=tied,
        )
        return LlamaForCausalLM(config).eval()


class Looks(Callback):
    """Notes at each step which blocks are trained and have gradients and states."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.seen: list[tuple[set[int], set[int], set[int]]] = []

    def before_step(self, run: Run) -> None:
        found: tuple[set[int], set[int], set[int]] = (set(), set(), set())
        for n, block in enumerate(self.model.model.layers):
            for p in block.parameters():
                states = bool(run.optimizer.state.get(p))
                for marks, yes in zip(found, (p.requires_grad, p.grad is not None, states), strict=True):
                    if yes:
                        marks.add(n)
        self.seen.append(found)


def watched(model: Any, method: Any, steps: int) -> Looks:
    looks = Looks(model)
    callbacks = [*method.callbacks(), looks]
    method.callbacks = lambda: callbacks
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=steps))
    return looks


def test_lisa_trains_as_many_blocks_as_it_says_and_keeps_no_states_of_others() -> None:
    model, method = attached("lisa", deep(), active=2, every=3)
    looks = watched(model, method, 12)
    for step, (on, graded, stated) in enumerate(looks.seen):
        assert on == graded == set(method.drawn(step // 3))
        assert len(on) == 2
        assert stated <= on, "the released code keeps the states of all blocks that ever were on"
    assert len({frozenset(on) for on, _, _ in looks.seen}) > 1
    assert model.model.norm.weight.requires_grad is False
    assert model.model.embed_tokens.weight.requires_grad
    assert model.lm_head.weight.requires_grad


def test_lisa_gives_every_block_its_share_of_rounds() -> None:
    _, method = attached("lisa", deep(), active=2, every=3)
    rounds = 2000
    counted = Counter(itertools.chain.from_iterable(method.drawn(n) for n in range(rounds)))
    assert sorted(counted) == [0, 1, 2, 3, 4]
    assert all(abs(each / rounds - 2 / 5) < 0.04 for each in counted.values())


def test_lisa_keeps_only_what_it_changed_and_counts_a_tied_head_once() -> None:
    model, method = attached("lisa", deep(tied=True), active=1, every=100)
    block = sum(p.numel() for p in model.model.layers[0].parameters())
    assert method.count() == block + 128 * 32
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=3))
    (on,) = method.drawn(0)
    kept = {key.removesuffix("|value") for key in method.state()}
    assert kept == set(method.originals()) == {name for name, _ in method.delta()}
    assert {name for name in kept if "layers" in name} == {
        f"model.layers.{on}.{name}" for name, _ in model.model.layers[on].named_parameters()
    }
    fresh = deep(tied=True)
    with torch.no_grad():
        for name, delta in method.delta():
            fresh.get_parameter(name).add_(delta)
    assert float((logits(fresh, rows()) - logits(model, rows())).abs().max()) <= 1e-4


def test_the_base_alone_is_shown_in_between_and_the_tuned_model_comes_back_to_the_bit() -> None:
    model, method = attached("lisa")
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=4))
    tuned = logits(model, rows())
    with method.off():
        assert torch.equal(logits(model, rows()), logits(tiny(), rows()))
    assert torch.equal(logits(model, rows()), tuned)


@pytest.mark.parametrize("name", ["lisa", "width-rule"])
def test_settled_it_is_a_plain_model_with_what_was_learned(name: str) -> None:
    model, method = attached(name)
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=4))
    tuned = logits(model, rows())
    method.settle(model)
    assert method.layers == {}
    assert [type(each) for each in model.modules()] == [type(each) for each in tiny().modules()]
    assert torch.equal(logits(model, rows()), tuned)
    assert not torch.equal(tuned, logits(tiny(), rows()))


def test_lisa_says_what_does_not_fit() -> None:
    with pytest.raises(UserError, match="has 2 blocks: lower `active`"):
        attached("lisa", active=3)
    with pytest.raises(UserError, match="no list of blocks named h: set `blocks`"):
        attached("lisa", blocks="h")
    model, _ = attached("lora")
    with pytest.raises(UserError, match="has an adapter already"):
        attached("lisa", model)
    _, method = attached("lisa")
    with pytest.raises(UserError, match=r"does not fit this model: 'model.layers.7.x\|value'"):
        method.load({"model.layers.7.x|value": torch.zeros(2)})


@pytest.mark.parametrize("width", [64, 256, 576, 4096])
def test_the_rule_keeps_the_largest_singular_value_of_any_width(width: int) -> None:
    """sigma ~ sqrt(eta / lambda) d^0.75; with lambda in proportion to d, as a list has it, it falls."""
    rule = WidthRule(proxy_width=64, proxy_decay=0.1)

    def settled(rate: float, decay: float, d: int) -> float:
        return float((rate / decay) ** 0.5 * d**0.75)

    proxy = settled(1e-3, 0.1, 64)
    assert settled(rule.learning_rate(1e-3, width), rule.weight_decay(width), width) == pytest.approx(proxy)
    wrong = settled(rule.learning_rate(1e-3, width), 0.1 * width / 64, width)
    assert wrong == pytest.approx(proxy * (width / 64) ** -0.25)


def test_the_rule_parts_matrices_from_vectors() -> None:
    model, method = attached("width-rule", rule={"proxy_width": 16, "proxy_decay": 0.2})
    matrices, vectors = method.param_groups(1e-3)
    assert (matrices["lr"], matrices["weight_decay"]) == (pytest.approx(1e-3 / 4), pytest.approx(0.4))
    assert (vectors["lr"], vectors["weight_decay"]) == (1e-3, 0.0)
    names = {id(p): name for name, p in model.named_parameters()}
    flat = {names[id(p)] for p in vectors["params"]}
    ends = {"model.embed_tokens.weight", "lm_head.weight"}
    assert flat == {n for n in names.values() if "norm" in n} | ends
    assert len(matrices["params"]) + len(vectors["params"]) == len(names)


@pytest.mark.parametrize("name", ["lora", "id3", "bottleneck"])
def test_any_method_can_be_trained_under_the_rule(name: str) -> None:
    seen: list[Any] = []

    class Groups(Callback):
        def on_start(self, run: Run) -> None:
            seen.extend(run.optimizer.param_groups)

    model, method = attached(name)
    callbacks = [*method.callbacks(), Groups()]
    method.callbacks = lambda: callbacks
    rule = WidthRule(proxy_width=32, proxy_decay=0.1)
    config = TrainingConfig(steps=3, learning_rate=4e-3, width_rule=rule, weight_decay=0.9)
    losses = train(model, method, shuffled(rows(), 8), config).losses
    assert len(losses) == 3
    decays = {"lora": {0.1 * 2**0.5}, "id3": {0.0}, "bottleneck": {0.1 * 2**0.5, 0.0}}[name]
    assert {group["weight_decay"] for group in seen} == decays
    for group in seen:
        wide = group["params"][0].dim() == 2
        assert group["full_lr"] == pytest.approx(2e-3 if wide else 4e-3)


def test_the_diagnostic_is_the_largest_singular_value_of_matrices() -> None:
    found = largest_singular_values({"a": torch.diag(torch.tensor([3.0, -5.0])), "v": torch.ones(4)})
    assert found == {"a": pytest.approx(5.0)}


def test_ends_are_embeddings_and_head() -> None:
    assert len(ends_of(deep(1, tied=True))) == 1
    assert len(ends_of(deep(1))) == 2
    method = make("width-rule", {})
    method.attach(deep(1), Plan())
    assert method.count() == sum(p.numel() for p in deep(1).parameters())
