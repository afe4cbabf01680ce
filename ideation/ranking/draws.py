"""How sure a fit is: draws of all strengths at once from the posterior, the prior spread's own doubt in it.

At every prior spread that the log leaves possible, draws start from the normal curve at the optimum and
make moves of Hamiltonian Monte Carlo on the exact posterior (Neal, arXiv 1206.1901). There they forget
their start within a few moves; moving spread and strengths together takes about sixty. The spreads are then
weighed by thermodynamic integration, because Laplace's weights are e^2 too small at the wide end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ideation.ranking.bradley_terry import SPREAD_POWER, Fit, Floats, precision

DRAWS, MOVES = 600, 5
_SHARE = 0.2
"""Draws made at each spread, per draw wanted: those of the likely spreads are then taken more than once."""
_UNLIKELY = 1e-3
_LEAPS, _LEAP = 4, 0.4
"""A move is about a quarter of a period, so that it forgets where it began."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """`strengths` (draws, n), each row summing to 0, and `first_slot` (draws,), in log odds.

    `spread` (draws,) is the prior spread of strengths that each row was drawn under.
    """

    strengths: Floats
    first_slot: Floats
    spread: Floats

    @property
    def ranks(self) -> NDArray[np.intp]:
        """Shape (draws, n): 1 for the strongest."""
        return (-self.strengths).argsort(axis=1).argsort(axis=1) + 1

    @classmethod
    def added(cls, parts: Sequence[Draws], weights: Sequence[float]) -> Draws:
        """Of independent draws, as many in each: strengths times weights; a sum has no first slot."""
        strengths = sum(weight * part.strengths for weight, part in zip(weights, parts, strict=True))
        variance = sum((weight * part.spread) ** 2 for weight, part in zip(weights, parts, strict=True))
        return cls(
            strengths=np.asarray(strengths),
            first_slot=np.zeros(len(parts[0].spread)),
            spread=np.sqrt(variance),
        )


def draw(fit: Fit, seed: int, *, draws: int = DRAWS, moves: int = MOVES) -> Draws:
    """`draws` draws, in no order, from what the log leaves possible."""
    random = np.random.default_rng(seed)
    kept = np.flatnonzero(fit.weights > _UNLIKELY * fit.weights.max())
    each = draws if len(kept) == 1 else int(np.ceil(_SHARE * draws))
    at = [_sample(fit, place, each, moves, random) for place in kept.tolist()]
    ends = np.cumsum(_weights(fit, fit.spreads[kept], at))
    place = np.minimum(np.searchsorted(ends, (np.arange(draws) + random.random()) / draws), len(kept) - 1)
    row = np.arange(draws) % each
    order = random.permutation(draws)
    points = np.array(at)[place, row][order]
    strengths = points[:, :-2] - points[:, :-2].mean(axis=1, keepdims=True)
    return Draws(strengths=strengths, first_slot=points[:, -2], spread=fit.spreads[kept][place[order]])


def _sample(fit: Fit, place: int, draws: int, moves: int, random: np.random.Generator) -> Floats:
    """Shape (draws, n + 2), at one spread."""
    optimum, spread = fit.points[place], float(fit.spreads[place])
    prior = precision(len(optimum), spread)
    white = np.linalg.inv(np.linalg.cholesky(fit.curvature(optimum, spread)))

    def at(where: Floats) -> tuple[Floats, Floats]:
        value, gradient = fit.likelihood.slope(where)
        return value - 0.5 * where**2 @ prior, (gradient - prior * where) @ white.T

    points: Floats = optimum + random.standard_normal((draws, len(optimum))) @ white
    value, gradient = at(points)
    for _ in range(moves):
        speed = random.standard_normal(points.shape)
        energy = value - 0.5 * (speed**2).sum(axis=1)
        moved, new_value, new_gradient = points, value, gradient
        for _ in range(_LEAPS):
            speed = speed + 0.5 * _LEAP * new_gradient
            moved = moved + _LEAP * speed @ white
            new_value, new_gradient = at(moved)
            speed = speed + 0.5 * _LEAP * new_gradient
        accepted = np.log(random.random(draws)) < new_value - 0.5 * (speed**2).sum(axis=1) - energy
        points = np.where(accepted[:, None], moved, points)
        value = np.where(accepted, new_value, value)
        gradient = np.where(accepted[:, None], new_gradient, gradient)
    return points


def _weights(fit: Fit, spreads: Floats, at: list[Floats]) -> Floats:
    """The spreads' posterior weights: the evidence's slope in log(spread) is the mean of
    strengths @ gradient of the log likelihood (by parts), and the prior adds its power."""
    pulls = [(points * fit.likelihood.slope(points)[1])[:, :-2].sum(axis=1).mean() for points in at]
    slopes = SPREAD_POWER + np.array(pulls)
    rises = 0.5 * (slopes[1:] + slopes[:-1]) * np.diff(np.log(spreads))
    logs = np.concatenate([[0.0], np.cumsum(rises)])
    weights: Floats = np.exp(logs - logs.max())
    weights /= weights.sum()
    return weights
