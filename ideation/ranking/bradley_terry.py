"""Bradley-Terry strengths with a tie term and a first-slot term, by Newton's method on a concave posterior.

Model: Davidson, JASA 65 (1970) 317, with the order effect of Davidson and Beaver, Biometrics 33 (1977)
693. With d = strength(first) - strength(second) + slot, the odds of first : second : tie are
exp(d/2) : exp(-d/2) : exp(tie). Strengths have a normal prior, so an idea that wins all stays finite;
the prior's spread is learned from the log (empirical Bayes over a grid, by Laplace's approximation).

No library is used for the fit. `choix` (0.4) has neither ties nor a covariate and needs SciPy, which is
not installed here; `scipy.optimize` for one concave function with a closed Hessian would be a heavy
dependency for the dozen lines of `_climb`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ideation.ranking.match_log import Tally

Floats = NDArray[np.float64]

SLOT_SD, TIE_SD = 2.0, 3.0
"""Prior spreads of the first-slot term and of the tie term: wide, there to keep the optimum finite."""

SPREADS: Floats = np.exp(np.linspace(np.log(0.05), np.log(5.0), 16))
SPREAD_POWER = 0.5
"""Prior of the spread of strengths, on a grid even in log(spread): spread to this power. With 1 (flat in the
spread) ranks are too sure before a judge near chance, with 0 (flat in its logarithm) all goes to spread 0."""

_STEPS, _HALVINGS, _CLOSE = 60, 30, 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Likelihood:
    """Of parameters [strengths (n), slot, tie], given the answered calls."""

    tally: Tally

    @property
    def size(self) -> int:
        return len(self.tally.ideas) + 2

    @cached_property
    def design(self) -> Floats:
        """Shape (calls, n + 1): half of d is `design @ [strengths, slot]`."""
        calls = np.arange(len(self.tally.side))
        design = np.zeros((len(calls), self.size - 1))
        design[calls, self.tally.first] = 0.5
        design[calls, self.tally.second] = -0.5
        design[:, -1] = 0.5
        return design

    def slope(self, points: Floats) -> tuple[Floats, Floats]:
        """Log likelihood (r,) and its gradient (r, n + 2) at `points` (r, n + 2)."""
        half, tie, side = points[:, :-1] @ self.design.T, points[:, -1], self.tally.side
        ties = np.count_nonzero(side == 0)
        size = np.abs(half)
        less = np.exp(-size)
        draw = np.exp(tie)[:, None] * less
        total = 1.0 + less * less + draw
        value = half @ side + ties * tie - (size + np.log(total)).sum(axis=1)
        gradient = np.empty_like(points)
        gradient[:, :-1] = (side - np.copysign((1.0 - less * less) / total, half)) @ self.design
        gradient[:, -1] = ties - (draw / total).sum(axis=1)
        return value, gradient

    def curvature(self, point: Floats) -> Floats:
        """Minus the Hessian at `point` (n + 2,): shape (n + 2, n + 2), not negative."""
        half = self.design @ point[:-1]
        logs = np.logaddexp(np.logaddexp(half, -half), point[-1])
        first, second, tied = np.exp(half - logs), np.exp(-half - logs), np.exp(point[-1] - logs)
        decided = first + second - (first - second) ** 2
        n, one, two = self.size - 2, self.tally.first, self.tally.second
        matrix = np.zeros((self.size, self.size))
        np.add.at(matrix, (one, two), -decided / 4)
        matrix += matrix.T
        np.add.at(matrix, (one, one), decided / 4)
        np.add.at(matrix, (two, two), decided / 4)
        matrix[n, : n + 1] = matrix[: n + 1, n] = (decided / 2) @ self.design
        matrix[n + 1, : n + 1] = matrix[: n + 1, n + 1] = ((second - first) * tied) @ self.design
        matrix[n + 1, n + 1] = (tied * (1 - tied)).sum()
        return matrix


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Likely parameters given log and prior.

    `points` (spreads, n + 2) are the optima at the prior spreads `spreads` of strengths, and `weights`
    what the log leaves each of them, by Laplace; the rest is computed from these.
    """

    likelihood: Likelihood
    spreads: Floats
    points: Floats
    weights: Floats

    @property
    def ideas(self) -> tuple[str, ...]:
        return self.likelihood.tally.ideas

    @cached_property
    def strengths(self) -> Floats:
        """Shape (n,), log odds summing to 0: the optima averaged by the spreads' weights."""
        strengths = (self.weights @ self.points)[:-2]
        centred: Floats = strengths - strengths.mean()
        return centred

    @property
    def spread(self) -> float:
        """The likeliest prior spread of strengths."""
        return float(self.spreads[self.weights.argmax()])

    @property
    def point(self) -> Floats:
        """The optimum at the likeliest spread."""
        point: Floats = self.points[self.weights.argmax()]
        return point

    @property
    def first_slot(self) -> float:
        """The log odds that the first slot gains by itself."""
        return float(self.point[-2])

    @property
    def tie(self) -> float:
        """The log weight of a tie."""
        return float(self.point[-1])

    def curvature(self, point: Floats, spread: float) -> Floats:
        """Minus the Hessian of the log posterior, shape (n + 2, n + 2)."""
        return self.likelihood.curvature(point) + np.diag(precision(len(point), spread))


def fit(tally: Tally, *, spread: float | None = None) -> Fit:
    """Fit `tally`; `spread` fixes the prior spread of strengths instead of learning it.

    Any log has a finite optimum, the empty one too. Raises `ValueError` below two ideas.
    """
    if len(tally.ideas) < 2:
        raise ValueError("ranking needs two ideas")
    likelihood = Likelihood(tally=tally)
    spreads = SPREADS if spread is None else np.array([spread])
    points, scores = [np.zeros(likelihood.size)], []
    for each in spreads:
        points.append(_climb(likelihood, precision(likelihood.size, each), points[-1]))
        scores.append(_evidence(likelihood, points[-1], each))
    weights = np.exp(np.array(scores) - max(scores))
    return Fit(
        likelihood=likelihood,
        spreads=spreads,
        points=np.array(points[1:]),
        weights=weights / weights.sum(),
    )


def precision(size: int, spread: float) -> Floats:
    """Prior precisions (size,) of [strengths, slot, tie]."""
    precisions: Floats = np.full(size, spread**-2.0)
    precisions[-2:] = SLOT_SD**-2.0, TIE_SD**-2.0
    return precisions


def _climb(likelihood: Likelihood, prior: Floats, start: Floats) -> Floats:
    """The optimum, by Newton steps that are halved until they climb."""
    point, (value, gradient) = start, _posterior(likelihood, prior, start)
    for _ in range(_STEPS):
        step = np.linalg.solve(likelihood.curvature(point) + np.diag(prior), gradient)
        close = float(gradient @ step) < _CLOSE
        for _ in range(_HALVINGS):
            new_value, new_gradient = _posterior(likelihood, prior, point + step)
            if close or new_value >= value:
                break
            step = step / 2
        point, value, gradient = point + step, new_value, new_gradient
        if close:  # So near, a whole Newton step is safe and squares what is left.
            break
    return point


def _posterior(likelihood: Likelihood, prior: Floats, point: Floats) -> tuple[float, Floats]:
    value, gradient = likelihood.slope(point[None])
    return float(value[0] - 0.5 * prior @ point**2), gradient[0] - prior * point


def _evidence(likelihood: Likelihood, point: Floats, spread: float) -> float:
    """Log of the spread's posterior weight on a grid even in log(spread), up to a constant."""
    prior = precision(likelihood.size, spread)
    value, _ = _posterior(likelihood, prior, point)
    _, volume = np.linalg.slogdet(likelihood.curvature(point) + np.diag(prior))
    return float(value + 0.5 * np.log(prior).sum() - 0.5 * volume + SPREAD_POWER * np.log(spread))
