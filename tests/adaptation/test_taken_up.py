"""Training that is taken up again ends, for every method, where it would have ended without a break."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.registry import load_method, tuning_methods  # noqa: E402
from adaptation.training import Run, TrainingConfig, Watcher, shuffled, train  # noqa: E402
from tests.adaptation.made import attached, rows  # noqa: E402

STEPS, BREAK = 8, 4
"""Ranks of the small configurations grow at steps 2, 4, 6: before the break, at it, and after."""


class Breaks(Watcher):
    """Takes the state after some steps through a file's bytes, and ends the run there."""

    def __init__(self) -> None:
        self.kept = b""

    def after_step(self, run: Run) -> bool:
        if run.step + 1 < BREAK:
            return False
        held = io.BytesIO()
        torch.save(run.state(), held)
        self.kept = held.getvalue()
        return True


class TakesUp(Watcher):
    def __init__(self, state: Mapping[str, Any]) -> None:
        self._state = state

    def on_start(self, run: Run) -> None:
        run.restore(self._state)


@pytest.mark.parametrize("name", tuning_methods())
def test_a_run_that_is_taken_up_again_ends_as_one_without_a_break_to_the_bit(name: str) -> None:
    batches = shuffled(rows(tasks=load_method(name).capabilities.per_task), 3)
    config = TrainingConfig(steps=STEPS, learning_rate=5e-3, seed=7, schedule="linear")
    dropout = {"dropout": 0.3} if name == "lora" else {}

    model, method = attached(name, **dropout)
    whole = train(model, method, batches, config)

    model, first = attached(name, **dropout)
    breaks = Breaks()
    train(model, first, batches, config, watcher=breaks)
    model, second = attached(name, **dropout)
    state = torch.load(io.BytesIO(breaks.kept), weights_only=True)
    taken_up = train(model, second, batches, config, watcher=TakesUp(state))

    assert taken_up.losses == whole.losses
    assert len(whole.losses) == STEPS
    wanted, found = method.working_state(), second.working_state()
    assert wanted.keys() == found.keys()
    for key, value in wanted.items():
        assert torch.equal(value, found[key]), key
