"""Ranks that grow while training: one callback, the policy given by what a method scores."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from torch import Tensor, nn

from adaptation.layers.ranks import Importance, top
from adaptation.training import Callback, Run, swap_parameter


class Growing(Protocol):
    """A layer that can be given more rank without changing what it computes."""

    @property
    def rank(self) -> int: ...

    def grow(self, run: Run) -> int:
        """Take one more portion; gives by how much the rank rose."""
        ...

    def growth(self) -> dict[str, Any]:
        """What growing on depends on and is in no tensor: the generator's state, counts."""
        ...

    def load_growth(self, state: Mapping[str, Any]) -> None:
        """Put back what `growth` gave."""
        ...


class GrowRanks(Callback):
    """Every so many steps the best layers grow, until the ranks sum up to a budget.

    `watch` is called with gradients at hand and `scores` when a round is due; `per_round` says how many
    layers grow in a round, counted from 0; `memory` is what the two remember from step to step.
    """

    def __init__(
        self,
        layers: Mapping[str, Growing],
        *,
        budget: int,
        every: int,
        per_round: Callable[[int], int],
        watch: Callable[[], None],
        scores: Callable[[], Mapping[str, float]],
        memory: Importance | None = None,
    ) -> None:
        self._layers = layers
        self._budget = budget
        self._every = every
        self._per_round = per_round
        self._watch = watch
        self._scores = scores
        self._memory = memory or Importance()
        self._round = 0

    def before_step(self, run: Run) -> None:
        self._watch()

    def after_step(self, run: Run) -> None:
        if (run.step + 1) % self._every or self._left() <= 0:
            return
        for name in top(self._scores(), self._per_round(self._round)):
            if self._left() <= 0:
                break
            self._layers[name].grow(run)
        self._round += 1

    def state(self) -> dict[str, Any]:
        layers = {name: layer.growth() for name, layer in self._layers.items()}
        return {"round": self._round, "memory": self._memory.state(), "layers": layers}

    def load(self, state: Mapping[str, Any]) -> None:
        self._round = state["round"]
        self._memory.load(state["memory"])
        for name, layer in self._layers.items():
            layer.load_growth(state["layers"][name])

    def _left(self) -> int:
        return self._budget - sum(layer.rank for layer in self._layers.values())


def padded(tensor: Tensor, *more: int) -> Tensor:
    """Zeros behind the end of each dimension, as many as `more` says for it."""
    grown = tensor.new_zeros([size + extra for size, extra in zip(tensor.shape, more, strict=True)])
    grown[tuple(slice(size) for size in tensor.shape)] = tensor
    return grown


def swap_grown(run: Run, layer: nn.Module, values: Mapping[str, Tensor]) -> None:
    """Put larger values in the place of a layer's parameters; moments of what is new start at zero."""
    for name, value in values.items():
        old, new = getattr(layer, name), nn.Parameter(value)
        more = [after - before for after, before in zip(new.shape, old.shape, strict=True)]
        swap_parameter(run.optimizer, old, new, functools.partial(_padded_by, more))
        setattr(layer, name, new)


def _padded_by(more: list[int], moment: Tensor) -> Tensor:
    return padded(moment, *more)
