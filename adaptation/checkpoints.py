"""Checkpoints, measuring and early stopping, as one watcher of the training loop."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from adaptation.manifest import write_whole
from adaptation.method import Batch
from adaptation.objectives import mean_loss
from adaptation.recipe import Limits
from adaptation.training import Loss, Run, Watcher
from core.errors import UserError


class StoppedBy(StrEnum):
    STEPS = "steps"
    SECONDS = "seconds"
    EARLY = "early stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a training stands after a step; `held_out` is the last measured loss."""

    step: int
    steps: int
    loss: float
    held_out: float | None
    tokens: int
    seconds: float


Told = Callable[[Progress], None]


class Keeper(Watcher):
    """Writes a checkpoint every so many steps, measures held-out loss, and keeps the best weights where
    training may stop early. What it remembers is in the checkpoint too.
    """

    def __init__(
        self, file: Path, limits: Limits, held_out: Sequence[Batch], loss: Loss, told: Told | None
    ) -> None:
        self._file, self._limits, self._loss = file, limits, loss
        self.held_out = tuple(held_out)
        self._told = told
        self.curve: list[tuple[int, float]] = []
        self.best: dict[str, Tensor] | None = None
        self.best_step = 0
        self.stopped: StoppedBy | None = None

    @property
    def before(self) -> float | None:
        """Held-out loss before the first step."""
        return self.curve[0][1] if self.curve else None

    def on_start(self, run: Run) -> None:
        if self._file.exists():
            self._take_up(run)
        elif self.held_out:
            self._measure(run, 0)

    def after_step(self, run: Run) -> bool:
        done, limits = run.step + 1, self._limits
        last = done == run.config.steps
        if self.held_out and (done % limits.measure_every == 0 or last):
            self._measure(run, done)
            if self._late():
                self.stopped = StoppedBy.EARLY
        if self.stopped is None and done % limits.checkpoint_every == 0 and not last:
            self._write(run)
        if self._told is not None:
            held_out = self.curve[-1][1] if self.curve else None
            self._told(
                Progress(
                    step=done,
                    steps=run.config.steps,
                    loss=run.losses[-1],
                    held_out=held_out,
                    tokens=run.tokens,
                    seconds=run.seconds,
                )
            )
        return self.stopped is not None

    def stopped_by(self, steps: int, wanted: int) -> StoppedBy:
        return self.stopped or (StoppedBy.STEPS if steps >= wanted else StoppedBy.SECONDS)

    def _measure(self, run: Run, done: int) -> None:
        value = mean_loss(run.method, run.model, self.held_out, self._loss)
        better = not self.curve or value < min(each for _, each in self.curve)
        self.curve.append((done, value))
        if better:
            self.best_step = done
            if self._limits.patience:
                self.best = run.method.working_state()

    def _late(self) -> bool:
        measured_since = sum(step > self.best_step for step, _ in self.curve)
        return bool(self._limits.patience) and measured_since >= self._limits.patience

    def _write(self, run: Run) -> None:
        held = io.BytesIO()
        own = {"curve": [list(each) for each in self.curve], "best": self.best, "best_step": self.best_step}
        torch.save({"run": run.state(), "own": own}, held)
        write_whole(self._file, held.getvalue())

    def _take_up(self, run: Run) -> None:
        try:
            state: dict[str, Any] = torch.load(self._file, weights_only=True)
        except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
            raise UserError(f"{self._file} is no checkpoint: delete its folder and train again") from error
        run.restore(state["run"])
        own = state["own"]
        self.curve = [(int(step), float(value)) for step, value in own["curve"]]
        self.best, self.best_step = own["best"], int(own["best_step"])
