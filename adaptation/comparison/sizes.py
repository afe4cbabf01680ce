"""Methods at one size: the value of each method's own knob that trains the number of parameters nearest to a
budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from adaptation.artifact import make
from adaptation.layers.linear import linear_sites
from adaptation.method import AdapterMethod, Batch, Knob, Unit
from adaptation.registry import load_method
from core.errors import UserError

USUAL = ("rank", "width", "budget", "length")
_SKIPPED = 8
"""Values tried above the least when that one is refused, as where a row must be shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`options` give the knob its value; of a method without one they are empty. `parameters` is what is then
    trained, at the end where ranks grow."""

    options: Mapping[str, Any]
    parameters: int

    def deviation(self, budget: int) -> float:
        """By what share it is above or below."""
        return self.parameters / budget - 1


def knob_of(kind: type[AdapterMethod[Any]]) -> Knob | None:
    if kind.knob is not None:
        return kind.knob
    found = next((name for name in USUAL if name in kind.config_type.model_fields), None)
    return None if found is None else Knob(options=(found,))


def sized(
    name: str,
    model: nn.Module,
    budget: int,
    *,
    calibration: Sequence[Batch] = (),
    fixed: Mapping[str, Any] | None = None,
) -> Size:
    """The method at the size nearest to `budget` trainable parameters; the model is left without adapter.

    `fixed` options are set throughout. Methods that count parameters themselves are taken at their word.

    Raises:
        UserError: no value of the knob can be attached.
    """
    knob, fixed = knob_of(load_method(name)), dict(fixed or {})
    if knob is None:
        return Size(options={}, parameters=_count(name, model, fixed, calibration))
    if knob.unit is Unit.PARAMETERS:
        return Size(options=dict.fromkeys(knob.options, budget), parameters=budget)
    if knob.unit is Unit.SHARE:
        targets = make(name, fixed).config.targets
        entries = sum(base.weight.numel() for base in linear_sites(model, targets).values())
        share = min(0.99, budget / entries)
        return Size(options=dict.fromkeys(knob.options, share), parameters=round(share * entries))
    return _searched(_Counter(name, knob, model, calibration, fixed), knob, budget)


class _Counter:
    """Counts by attaching, each value once; None where it is refused."""

    def __init__(
        self, name: str, knob: Knob, model: nn.Module, calibration: Sequence[Batch], fixed: dict[str, Any]
    ) -> None:
        self._name = knob.like or name
        self._knob, self._model, self._calibration = knob, model, calibration
        self._fixed = {} if knob.like else fixed
        self._seen: dict[int, int | None] = {}
        self.refusal: UserError | None = None

    def __call__(self, value: int) -> int | None:
        if value not in self._seen:
            options = dict.fromkeys((*self._knob.options, *self._knob.whole), value)
            try:
                found = _count(self._name, self._model, {**self._fixed, **options}, self._calibration)
            except UserError as error:
                found, self.refusal = None, error
            self._seen[value] = found
        return self._seen[value]


def _searched(count: _Counter, knob: Knob, budget: int) -> Size:
    """Double until the budget is passed or refused, then halve the gap; of both neighbours the nearer."""
    tried = range(knob.least, knob.least + _SKIPPED * knob.step, knob.step)
    low = next((value for value in tried if count(value) is not None), None)
    if low is None:
        raise count.refusal or UserError("its size cannot be chosen")

    def below(value: int) -> bool:
        found = count(value)
        return found is not None and found < budget

    high = low
    while high < knob.most and below(high):
        low, high = high, min(knob.most, _stepped(2 * high, knob))
    while high - low > knob.step:
        middle = _stepped((low + high) // 2, knob)
        low, high = (middle, high) if below(middle) else (low, middle)
    sizes = {value: count(value) for value in (low, high)}
    able = {value: found for value, found in sizes.items() if found is not None}
    best = min(able, key=lambda value: abs(able[value] - budget))
    return Size(options=dict.fromkeys(knob.options, best), parameters=able[best])


def _stepped(value: int, knob: Knob) -> int:
    return value - (value - knob.least) % knob.step


def _count(name: str, model: nn.Module, options: dict[str, Any], calibration: Sequence[Batch]) -> int:
    method = make(name, options)
    try:
        method.attach(model, method.plan(model, calibration))
        return method.count()
    finally:
        method.detach(model)
