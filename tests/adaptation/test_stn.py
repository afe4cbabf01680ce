"""Self-tuning: the gate against plain LoRA, and a ridge regression whose best response is known."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from torch import Tensor, nn  # noqa: E402

from adaptation.artifact import make  # noqa: E402
from adaptation.method import Plan  # noqa: E402
from adaptation.training import TrainingConfig, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, logits, rows, tiny  # noqa: E402

FEATURES, ROWS = 4, 64


class Ridge(nn.Module):
    """y = w x with w = 0 in the base: half the mean squared error is its loss."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(FEATURES, 1, bias=False)
        nn.init.zeros_(self.line.weight)

    def forward(self, input_ids: Tensor, labels: Tensor) -> Any:
        said = self.line(input_ids)[:, 0]
        return SimpleNamespace(loss=(said - labels).square().mean() / 2, logits=said)


def data(seed: int, count: int = ROWS, noise: float = 1.0) -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(count, FEATURES, generator=draw)
    y = x @ torch.tensor([1.0, -0.5, 0.25, 0.0]) + noise * torch.randn(count, generator=draw)
    return {"input_ids": x, "labels": y}


def closed_form(rows: dict[str, Tensor], pull: float) -> Tensor:
    """argmin of half the mean squared error + pull / 2 |w|^2."""
    x, y = rows["input_ids"], rows["labels"]
    return torch.linalg.solve(x.T @ x / len(x) + pull * torch.eye(FEATURES), x.T @ y / len(x))


def ridge(train_rows: dict[str, Tensor], held_out: dict[str, Tensor], **config: Any) -> tuple[Ridge, Any]:
    model = Ridge()
    only = {"targets": ("line",), "rank": 4, "alpha": 4.0, "dropout": None, "smoothing": None}
    method = make("stn", {**only, **config})
    method.attach(model, method.plan(model, [held_out]))
    return model, method


def response(method: Any, pull: float) -> Tensor:
    """The weights that the gate gives for a setting."""
    settings, (layer,) = method.settings, method.layers.values()
    settings.drawn = torch.tensor([math.log(pull)])
    found = layer.delta().detach()[0]
    settings.drawn = None
    return found


def test_without_a_response_it_is_plain_lora() -> None:
    model, method = attached("stn")
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=3, learning_rate=3e-3))
    lora_model = tiny()
    lora = make("lora", {"rank": 3, "alpha": 16.0})
    lora.attach(lora_model, Plan())
    with torch.no_grad():
        for site, layer in method.layers.items():
            layer.response.zero_()
            lora.layers[site].a.copy_(layer.a)
            lora.layers[site].b.copy_(layer.b)
    assert torch.allclose(logits(model, rows()), logits(lora_model, rows()), atol=1e-6)


def test_the_count_is_that_of_lora_and_the_responses() -> None:
    _, lora = attached("lora", rank=3)
    _, method = attached("stn")
    assert method.count() == lora.count() + 3 * 3 * len(method.layers) + 2 * 3


def test_the_learned_response_follows_the_closed_form() -> None:
    rows = data(1)
    # No validation moves the setting: only the response around its start is learned.
    model, method = ridge(rows, rows, pull=0.5, spread=0.7, train_steps=10_000)
    config = TrainingConfig(steps=600, learning_rate=2e-2, schedule="linear", clip_norm=0.0)
    train(model, method, shuffled(rows, ROWS), config)
    pulls = [0.5 * math.exp(free) for free in (-0.7, -0.35, 0.0, 0.35, 0.7)]
    middle = closed_form(rows, 0.5)
    for pull in pulls:
        exact = closed_form(rows, pull)
        error = float((response(method, pull) - exact).norm() / exact.norm())
        assert error < 0.05, pull
        if abs(math.log(pull / 0.5)) > 0.5:
            assert error < 0.4 * float((middle - exact).norm() / exact.norm()), "no better than no response"


@pytest.mark.parametrize("start", [2.0, 1e-3], ids=["too-strong", "too-weak"])
def test_the_setting_moves_to_where_the_validation_loss_is_lower(start: float) -> None:
    rows, held_out = data(1, 8), data(2, 400)

    def validation(pull: float) -> float:
        x, y = held_out["input_ids"], held_out["labels"]
        return float((x @ closed_form(rows, pull) - y).square().mean() / 2)

    model, method = ridge(rows, held_out, pull=start, settings_rate=0.04, entropy=1e-3)
    config = TrainingConfig(steps=500, learning_rate=2e-2, clip_norm=0.0)
    train(model, method, shuffled(rows, 8), config)
    end = method.tuned()["pull"]
    best = min((math.exp(n / 10) for n in range(-70, 30)), key=validation)
    assert abs(math.log(end / best)) < 0.3 * abs(math.log(start / best))
    assert validation(end) < validation(start)


def test_training_steps_leave_the_settings_alone() -> None:
    model, method = attached("stn", train_steps=50)
    before = method.settings.mean.detach().clone(), method.settings.raw_spread.detach().clone()
    train(model, method, shuffled(rows(), 8), TrainingConfig(steps=5))
    assert torch.equal(method.settings.mean, before[0])
    assert torch.equal(method.settings.raw_spread, before[1])


def test_wrong_use_is_said() -> None:
    with pytest.raises(UserError, match="give it batches to calibrate on"):
        make("stn", {}).plan(tiny(), [])
    method = make("stn", {})
    model = tiny()
    method.attach(model, Plan())
    with pytest.raises(UserError, match="stn tunes its settings on held-out batches"):
        train(model, method, shuffled(rows(), 8), TrainingConfig(steps=1))
    nothing = make("stn", {"dropout": None, "pull": None})
    with pytest.raises(UserError, match="nothing to tune"):
        nothing.attach(tiny(), Plan())
