"""The fusion of signals into one chance that two texts say the same, with the thresholds that go with it.

`weights.json` holds what was fitted, by embedder and by whether a context is given; it says on what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from core.embedder import Embedder
from ideation.likeness.logistic import Logistic, probability
from ideation.likeness.signals import Pair, Pool, Signal

Floats = NDArray[np.float64]

NO_EMBEDDER = "none"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    embedder: str
    context: bool
    bias: float
    weights: dict[Signal, float]
    sure: float
    maybe: float


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    fitted_on: str
    how: str
    models: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessModel:
    """`backend` is the start of the embedder's id that it was fitted with, or `none` for words alone.

    From `sure` up two texts are the same without asking anyone; below `maybe` they differ; between, a judge
    is asked. Both are chances in [0, 1].
    """

    backend: str
    signals: tuple[Signal, ...]
    logistic: Logistic
    sure: float
    maybe: float

    def likeness(self, pool: Pool, pairs: Sequence[Pair]) -> Floats:
        """The chance that each pair of the pool says the same, shape (len(pairs),).

        Raises:
            ProviderError: the pool's embedder failed.
        """
        return probability(self.logistic.logits(pool.signals(pairs, self.signals)))


def model_for(embedder: Embedder | None, *, context: bool) -> LikenessModel:
    """The shipped model for an embedder; that of words alone for one whose cosines nobody has looked at.

    Whether the embedder is used shows in `backend`.
    """
    entries = [entry for entry in _shipped().models if entry.context is context]
    name = embedder.id if embedder is not None else NO_EMBEDDER
    known = next((entry for entry in entries if name.startswith(entry.embedder)), None)
    entry = known or next(entry for entry in entries if entry.embedder == NO_EMBEDDER)
    return LikenessModel(
        backend=entry.embedder,
        signals=tuple(entry.weights),
        logistic=Logistic(weights=np.array(list(entry.weights.values())), bias=entry.bias),
        sure=entry.sure,
        maybe=entry.maybe,
    )


@cache
def _shipped() -> _File:
    return _File.model_validate_json(files("ideation.likeness").joinpath("weights.json").read_bytes())
