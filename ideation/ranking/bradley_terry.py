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
SPREAD_WEIGHT, SPREAD_GUESS = 0.5, 0.6
"""Scaled inverse chi-square prior of the strengths' variance: worth half an idea, of strength 0.6."""

_STEPS, _HALVINGS, _CLOSE = 60, 30, 1e-9


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
        half, tie, logs = self.terms(points)
        tied = (self.tally.side == 0).astype(np.float64)
        value = (self.tally.side * half + tied * tie - logs).sum(axis=1)
        lean = self.tally.side - np.exp(half - logs) + np.exp(-half - logs)
        gradient = np.empty_like(points)
        gradient[:, :-1] = lean @ self.design
        gradient[:, -1] = (tied - np.exp(tie - logs)).sum(axis=1)
        return value, gradient

    def curvature(self, point: Floats) -> Floats:
        """Minus the Hessian at `point` (n + 2,): shape (n + 2, n + 2), not negative."""
        half, tie, logs = (term[0] for term in self.terms(point[None]))
        first, second, tied = np.exp(half - logs), np.exp(-half - logs), np.exp(tie - logs)
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

    def terms(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """d / 2, the tie term and the log of the normaliser, each (r, calls)."""
        half = points[:, :-1] @ self.design.T
        tie = np.broadcast_to(points[:, -1:], half.shape)
        return half, tie, np.logaddexp(np.logaddexp(half, -half), tie)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Likely parameters given log and prior.

    `strengths` (n,) are log odds, summing to 0, the optima at all prior spreads averaged by the spreads'
    weights; `first_slot` is the log odds that the first slot gains by itself; `tie` the log weight of a
    tie; `spread` the most likely prior spread of strengths, `point` the optimum at it. The rest serves
    `ideation.ranking.draws`: the curvature there, and the spreads' weights.
    """

    likelihood: Likelihood
    point: Floats
    average: Floats
    curvature: Floats
    spread: float
    spread_weights: Floats

    @property
    def ideas(self) -> tuple[str, ...]:
        return self.likelihood.tally.ideas

    @cached_property
    def strengths(self) -> Floats:
        strengths = self.average[:-2]
        centred: Floats = strengths - strengths.mean()
        return centred

    @property
    def first_slot(self) -> float:
        return float(self.point[-2])

    @property
    def tie(self) -> float:
        return float(self.point[-1])


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
    weights = weights / weights.sum()
    best = int(weights.argmax())
    point = points[best + 1]
    return Fit(
        likelihood=likelihood,
        point=point,
        average=weights @ np.array(points[1:]),
        curvature=likelihood.curvature(point) + np.diag(precision(likelihood.size, spreads[best])),
        spread=float(spreads[best]),
        spread_weights=weights,
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
        if float(gradient @ step) < _CLOSE:
            break
        for _ in range(_HALVINGS):
            new_value, new_gradient = _posterior(likelihood, prior, point + step)
            if new_value >= value:
                break
            step = step / 2
        point, value, gradient = point + step, new_value, new_gradient
    return point


def _posterior(likelihood: Likelihood, prior: Floats, point: Floats) -> tuple[float, Floats]:
    value, gradient = likelihood.slope(point[None])
    return float(value[0] - 0.5 * prior @ point**2), gradient[0] - prior * point


def _evidence(likelihood: Likelihood, point: Floats, spread: float) -> float:
    """Log of the spread's posterior weight on a grid even in log(spread), up to a constant."""
    prior = precision(likelihood.size, spread)
    value, _ = _posterior(likelihood, prior, point)
    _, volume = np.linalg.slogdet(likelihood.curvature(point) + np.diag(prior))
    belief = spread_belief(np.array([spread]))[0]
    return float(value + 0.5 * np.log(prior).sum() - 0.5 * volume + belief)


def spread_belief(spreads: Floats) -> Floats:
    """Log prior density of log(spread) at `spreads`, up to a constant."""
    belief: Floats = -SPREAD_WEIGHT * (np.log(spreads) + 0.5 * (SPREAD_GUESS / spreads) ** 2)
    return belief
