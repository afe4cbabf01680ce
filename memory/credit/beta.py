"""Beta posteriors of a value in [0, 1]."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from memory.credit.quantiles import beta_cdf, beta_quantile

_NODES = 256
_SPREAD = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Beta:
    """Beta(alpha, beta), both positive. Beta(1, 1) is flat, Beta(1/2, 1/2) is Jeffreys' prior of a share."""

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not (0.0 < self.alpha < math.inf and 0.0 < self.beta < math.inf):
            raise ValueError(f"no Beta({self.alpha}, {self.beta})")

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)

    @property
    def variance(self) -> float:
        return self.mean * (1.0 - self.mean) / (self.alpha + self.beta + 1.0)

    def quantile(self, probability: float) -> float:
        return beta_quantile(self.alpha, self.beta, probability)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The equal-tailed credible interval of `level` in (0, 1)."""
        tail = (1.0 - level) / 2.0
        return self.quantile(tail), self.quantile(1.0 - tail)

    def upper(self, level: float = 0.95) -> float:
        """The value that is exceeded with a chance of 1 - `level`."""
        return self.quantile(level)

    def sample(self, rng: np.random.Generator) -> float:
        return float(rng.beta(self.alpha, self.beta))

    def updated(self, reward: float) -> Beta:
        """After one more reward in [0, 1]; a fraction counts as that much of a success. Raises ValueError."""
        if not 0.0 <= reward <= 1.0:
            raise ValueError(f"a reward of {reward} is not in [0, 1]")
        return replace(self, alpha=self.alpha + reward, beta=self.beta + 1.0 - reward)


def chance_greater(first: Beta, second: Beta) -> float:
    """P(first > second) of two independent Betas, to about 1e-6.

    The narrower density is summed over equal steps of log(x / (1 - x)), where the trapezoidal rule converges
    fast, against the distribution function of the wider.
    """
    if first.variance > second.variance:
        return 1.0 - chance_greater(second, first)
    low, high = _logit(first, -1.0), _logit(first, 1.0)
    place = np.linspace(low, high, _NODES)
    logs = -first.alpha * np.logaddexp(0.0, -place) - first.beta * np.logaddexp(0.0, place)
    density = np.exp(logs - logs.max())
    values = np.exp(-np.logaddexp(0.0, -place)).tolist()
    below = np.array([beta_cdf(second.alpha, second.beta, value) for value in values])
    return float((density * below).sum() / density.sum())


def _logit(posterior: Beta, side: float) -> float:
    """An end of the range of log(x / (1 - x)) outside which less than 1e-9 of the density lies."""
    least = min(posterior.alpha, posterior.beta)
    width = _SPREAD * math.sqrt(1.0 / posterior.alpha + 1.0 / posterior.beta)
    # The tails fall like exp(-alpha |t|) and exp(-beta |t|), slower than a normal's for small parameters.
    width = max(width, 21.0 / least) if least < 5.0 else width
    return math.log(posterior.alpha / posterior.beta) + side * width
