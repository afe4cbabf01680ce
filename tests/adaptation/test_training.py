"""The loop itself: the same by its seed, honest about limits, and it leaves random numbers alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from torch import nn  # noqa: E402

from adaptation.artifact import make  # noqa: E402
from adaptation.training import TrainingConfig, shuffled, swap_parameter, train  # noqa: E402
from core.errors import ProviderError, UserError  # noqa: E402
from tests.adaptation.made import attached, rows, tiny  # noqa: E402


def test_the_same_seed_trains_the_same_to_the_bit_with_dropout() -> None:
    found = []
    for _ in range(2):
        model, method = attached("lora", dropout=0.3)
        result = train(model, method, shuffled(rows(), 3), TrainingConfig(steps=6, seed=4))
        found.append((result.losses, method.state()))
    assert found[0][0] == found[1][0]
    assert all(torch.equal(value, found[1][1][key]) for key, value in found[0][1].items())
    model, method = attached("lora", dropout=0.3)
    assert train(model, method, shuffled(rows(), 3), TrainingConfig(steps=6, seed=5)).losses != found[0][0]


def test_random_numbers_of_the_caller_go_on_as_before() -> None:
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    model, method = attached("lora", dropout=0.3)
    train(model, method, shuffled(rows(), 3), TrainingConfig(steps=2))
    assert torch.equal(torch.rand(4), wanted)


@given(st.integers(1, 9), st.integers(1, 12), st.integers(0, 5))
def test_each_pass_has_every_row_at_most_once_and_batches_can_be_asked_again(
    count: int, size: int, seed: int
) -> None:
    batches = shuffled({"input_ids": torch.arange(count)[:, None]}, size, seed)
    per_pass = max(1, count // size)
    for turn in range(2):
        seen = torch.cat([batches(turn * per_pass + n)["input_ids"].flatten() for n in range(per_pass)])
        assert seen.unique().numel() == seen.numel() == min(count, per_pass * size)
    assert torch.equal(batches(3)["input_ids"], batches(3)["input_ids"])


def test_a_time_limit_ends_after_a_whole_step() -> None:
    model, method = attached("lora")
    result = train(model, method, shuffled(rows(), 8), TrainingConfig(steps=500, seconds=1e-6))
    assert len(result.losses) == 1
    assert result.tokens == rows()["input_ids"].numel()


def test_a_loss_that_is_no_number_ends_training() -> None:
    model, method = attached("lora")
    with torch.no_grad():
        method.layers["model.layers.1.mlp.down_proj"].b[0, 0] = float("nan")
    with pytest.raises(ProviderError, match="diverged at step 0: use a smaller learning rate"):
        train(model, method, shuffled(rows(), 8), TrainingConfig(steps=2))


def test_wrong_use_says_what_to_do() -> None:
    with pytest.raises(UserError, match="attach the method"):
        train(tiny(), make("lora", {}), shuffled(rows(), 8), TrainingConfig())
    with pytest.raises(UserError, match="adapter method lora: rank: Input should be greater"):
        make("lora", {"rank": 0})
    with pytest.raises(UserError, match="no linear layer named nothing: set `targets`"):
        attached("lora", targets=("nothing",))
    model, _ = attached("lora")
    with pytest.raises(UserError, match="has an adapter already"):
        attached("lora", model)


def test_the_schedule_warms_up_and_falls() -> None:
    config = TrainingConfig(steps=10, warmup_steps=2, schedule="linear")
    assert [config.factor(step) for step in range(10)] == [0.5, 1.0, *(n / 8 for n in range(8, 0, -1))]


def test_a_swapped_parameter_keeps_its_moments_and_its_group() -> None:
    old, other = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(2))
    optimizer = torch.optim.AdamW([{"params": [old], "lr": 0.5}, {"params": [other]}])
    (old.sum() + other.sum()).backward()
    optimizer.step()
    new = nn.Parameter(torch.ones(5))
    swap_parameter(optimizer, old, new, lambda moment: torch.cat([moment, moment.new_zeros(2)]))
    state = optimizer.state[new]
    assert torch.equal(state["exp_avg"][:3], torch.full((3,), 0.1))
    assert torch.equal(state["exp_avg"][3:], torch.zeros(2))
    assert float(state["step"]) == 1
    assert optimizer.param_groups[0]["params"] == [new]
    assert old not in optimizer.state
