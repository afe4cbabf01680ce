"""How a method enters a comparison: its size by the budget, and the learning rate that suits it best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from adaptation.artifact import make
from adaptation.comparison.sizes import knob_of, sized
from adaptation.comparison.trial import Arena, Fit, attached, fixed_options, trained
from adaptation.registry import load_method
from adaptation.training import TrainingConfig
from core.errors import ProviderError, UserError

TRIED_SHARE = 3
"""A rate is tried for this part of the steps, one third."""


class FitRecord(BaseModel):
    """How a method enters, or why it cannot. `value` is that of its knob where it is a whole number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str
    options: dict[str, Any] = {}
    knob: tuple[str, ...] = ()
    value: int = 0
    parameters: int = 0
    learning_rate: float = 0.0
    losses: dict[str, float | None] = {}
    """After the trial of each rate; None where it diverged."""
    step_seconds: float = 0.0
    fault: str = ""

    def fit(self) -> Fit:
        return Fit(
            method=self.method,
            options=self.options,
            knob_value=self.value,
            learning_rate=self.learning_rate,
            step_seconds=self.step_seconds,
        )


def fitted(
    name: str, arena: Arena, parameters: int, rates: Sequence[float], config: TrainingConfig
) -> FitRecord:
    """Rates are judged on the rows that are learned, never on those held out.

    Raises:
        UserError: it cannot be attached, or diverges at every rate.
    """
    plain = make(name, {})
    planning, fixed = arena.rows_for(plain.capabilities).planning, fixed_options(plain)
    size = sized(name, arena.model, parameters, calibration=planning, fixed=fixed)
    knob = knob_of(load_method(name))
    value = next(iter(size.options.values()), 0)
    record = FitRecord(
        method=name,
        options=dict(size.options),
        knob=knob.options if knob else (),
        value=value if isinstance(value, int) else 0,
        parameters=size.parameters,
    )
    losses: dict[float, float] = {}
    pace: list[float] = []
    for rate in rates:
        losses[rate], seconds = _tried(arena, record.fit(), rate, config)
        pace.append(seconds)
    best = min(rates, key=lambda rate: losses[rate])
    if losses[best] == math.inf:
        raise UserError("training diverged at every rate: give smaller ones")
    shown = {f"{rate:g}": None if loss == math.inf else loss for rate, loss in losses.items()}
    update = {"learning_rate": best, "losses": shown, "step_seconds": min(pace)}
    return record.model_copy(update=update)


def _tried(arena: Arena, fit: Fit, rate: float, config: TrainingConfig) -> tuple[float, float]:
    """(loss on learned rows, seconds a step); both infinite where training diverges."""
    steps = max(2, config.steps // TRIED_SHARE)
    shorter = config.model_copy(update={"steps": steps, "learning_rate": rate, "seconds": None})
    try:
        with attached(arena, fit, steps, config.seed) as method:
            result = trained(arena, method, shorter)
            loss = arena.measured(arena.learned).loss
    except ProviderError:
        return math.inf, math.inf
    return (math.inf if math.isnan(loss) else loss), result.seconds / steps
