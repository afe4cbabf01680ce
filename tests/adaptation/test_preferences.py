"""Preference training: where it starts, what it moves, and what its knobs do."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from torch import Tensor  # noqa: E402
from torch.nn import functional  # noqa: E402

from adaptation.data.batches import collate  # noqa: E402
from adaptation.data.encoding import PairRow, Row  # noqa: E402
from adaptation.job import run_job  # noqa: E402
from adaptation.preferences import PreferenceConfig, margins, preference_loss  # noqa: E402
from adaptation.recipe import make_recipe  # noqa: E402
from adaptation.training import TrainingConfig, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import VOCABULARY, attached  # noqa: E402
from tests.adaptation.made_model import preference_examples, save_tiny_model  # noqa: E402

IDENTICAL = ("lora", "hut", "clip-svd", "sara", "bottleneck")


def pairs(seed: int = 0, count: int = 3, weights: tuple[float, ...] = ()) -> dict[str, Tensor]:
    """Prompts of 4 tokens, answers of 2 to 5."""
    draw = torch.Generator().manual_seed(seed)

    def row(size: int, prompt: tuple[int, ...]) -> Row:
        answer = tuple(torch.randint(0, VOCABULARY, (size,), generator=draw).tolist())
        return Row(ids=(*prompt, *answer), labels=(*[-100] * len(prompt), *answer))

    made = []
    for number in range(count):
        prompt = tuple(torch.randint(0, VOCABULARY, (4,), generator=draw).tolist())
        weight = weights[number] if weights else 1.0
        made.append(PairRow(chosen=row(2 + number, prompt), rejected=row(5, prompt), weight=weight))
    return dict(collate(made, 0))


@pytest.mark.parametrize("name", IDENTICAL)
@settings(max_examples=5)
@given(seed=st.integers(0, 99), beta=st.floats(0.01, 5.0))
def test_at_the_start_the_loss_is_ln_2_whatever_the_pairs(name: str, seed: int, beta: float) -> None:
    model, method = attached(name)
    with torch.no_grad():
        loss = preference_loss(PreferenceConfig(beta=beta))(method, model, pairs(seed))
    assert float(loss) == pytest.approx(math.log(2), abs=1e-4)


def test_a_weight_multiplies_its_pairs_loss() -> None:
    model, method = attached("lora")
    loss = preference_loss()
    with torch.no_grad():
        assert float(loss(method, model, pairs(weights=(0.5, 0.0, 2.5)))) == pytest.approx(math.log(2))
        assert float(loss(method, model, pairs(weights=(0.0, 0.0, 0.3)))) == pytest.approx(0.1 * math.log(2))
    loss(method, model, pairs(weights=(0.0, 0.0, 0.0))).backward()
    assert all(float(parameter.grad.abs().max()) == 0 for parameter in method.parameters())


def moved(name: str = "lora") -> tuple[Any, Any]:
    """A method away from its start, so that margins differ."""
    model, method = attached(name)
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=draw)
    return model, method


def by_hand(model: Any, batch: dict[str, Tensor], row: int) -> float:
    """log p of one row's answer, token by token."""
    length = int(batch["attention_mask"][row].sum())
    ids, labels = batch["input_ids"][row, :length], batch["labels"][row, :length]
    shares = model(input_ids=ids[None]).logits[0].log_softmax(-1)
    return sum(float(shares[at - 1, ids[at]]) for at in range(1, length) if labels[at] != -100)


@torch.no_grad()
def test_it_is_equation_7() -> None:
    model, method = moved()
    batch = pairs(weights=(1.0, 0.5, 2.0))
    wanted = 0.0
    for number, weight in enumerate((1.0, 0.5, 2.0)):
        chosen, rejected = by_hand(model, batch, number), by_hand(model, batch, number + 3)
        with method.off():
            base = by_hand(model, batch, number) - by_hand(model, batch, number + 3)
        margin = 0.3 * (chosen - rejected - base)
        wanted += weight * -math.log(1 / (1 + math.exp(-margin))) / 3
    assert wanted != pytest.approx(math.log(2) * 3.5 / 3, abs=1e-3)
    found = preference_loss(PreferenceConfig(beta=0.3))(method, model, batch)
    assert float(found) == pytest.approx(wanted, rel=1e-4)


@torch.no_grad()
def test_smoothing_and_anchor_are_what_they_say() -> None:
    model, method = moved()
    batch = pairs()
    found = margins(method, model, batch, 0.5)
    config = PreferenceConfig(beta=0.5, smoothing=0.2, anchor=0.7)
    wanted = (
        -0.8 * functional.logsigmoid(found.margin)
        - 0.2 * functional.logsigmoid(-found.margin)
        - 0.7 * found.chosen
    ).mean()
    assert torch.allclose(preference_loss(config)(method, model, batch), wanted)
    per_token = [by_hand(model, batch, row) / (2 + row) for row in range(3)]
    assert found.chosen.tolist() == pytest.approx(per_token, rel=1e-4)
    double = margins(method, model, batch, 1.0).margin
    assert torch.allclose(double, 2 * found.margin)


@pytest.mark.parametrize("name", ["lora", "hut", "corda", "snella"])
def test_training_raises_the_margin_and_leaves_the_base(name: str) -> None:
    model, method = attached(name)
    batch = pairs()
    with torch.no_grad(), method.off():
        before = [by_hand(model, batch, row) for row in range(6)]
    with torch.no_grad():
        start = margins(method, model, batch, 1.0).margin
    result = train(
        model,
        method,
        lambda step: batch,
        TrainingConfig(steps=12, learning_rate=0.03 if name == "hut" else 5e-3),
        loss=preference_loss(PreferenceConfig(beta=0.5)),
    )
    with torch.no_grad():
        end = margins(method, model, batch, 1.0).margin
        assert (end > start + 0.05).all()
        with method.off():
            assert [by_hand(model, batch, row) for row in range(6)] == pytest.approx(before, abs=1e-3)
    assert result.losses[-1] < result.losses[0] == pytest.approx(math.log(2), abs=1e-3)


def test_a_batch_that_is_none_of_pairs_is_refused() -> None:
    model, method = attached("lora")
    batch = pairs()
    with pytest.raises(UserError, match="preference training needs pairs"):
        preference_loss()(method, model, {k: v for k, v in batch.items() if k != "weights"})


def test_a_job_trains_on_pairs_and_measures_held_out_ones(tmp_path: Path) -> None:
    recipe = make_recipe(
        {
            "base": str(save_tiny_model(tmp_path / "base")),
            "data": {"held_out": 0.25},
            "preference": {"beta": 0.5},
            "training": {"steps": 8, "learning_rate": 0.01},
            "limits": {"measure_every": 4},
        }
    )
    manifest = run_job(recipe, tmp_path / "out", examples=preference_examples())
    assert manifest.data.kind == "preference"
    assert manifest.loss.held_out_before == pytest.approx(math.log(2), abs=1e-4)
    assert manifest.loss.train_first == pytest.approx(math.log(2), abs=1e-4)
    assert manifest.loss.train_last < 0.6
    assert manifest.loss.held_out_after is not None
    assert manifest.loss.held_out_after < math.log(2)
