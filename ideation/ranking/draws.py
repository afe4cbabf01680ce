"""How sure a fit is: draws of all strengths at once, by a bootstrap over matches that is then corrected.

Each draw starts as a bootstrap replicate: the calls are reweighted, the prior's centre is perturbed and
the fit takes one Newton step (score bootstrap, Kline and Santos 2012; perturbed prior, Newton, Polson
and Xu, arXiv 1803.04559). With about ten calls an idea such a replicate is too narrow, because the fit
has already bent to the noise that the replicate measures, so each one then makes moves of
Hamiltonian Monte Carlo on the exact posterior (Neal, arXiv 1206.1901). `python -m
ideation.ranking.simulate` prints the coverage with the moves and without; with five of them intervals
are too narrow still where the learned spread has not settled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ideation.ranking.bradley_terry import (
    SLOT_SD,
    SPREAD_GUESS,
    SPREAD_WEIGHT,
    SPREADS,
    TIE_SD,
    Fit,
    Floats,
    Likelihood,
    precision,
    spread_belief,
)

DRAWS, MOVES = 300, 20
_LEAPS, _LEAP = 4, 0.4
_STRETCH = 0.4
"""A move is about a quarter of a period, so that it forgets where it began."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """`strengths` (draws, n), each row summing to 0; `first_slot` (draws,); both in log odds."""

    strengths: Floats
    first_slot: Floats

    @property
    def ranks(self) -> NDArray[np.intp]:
        """Shape (draws, n): 1 for the strongest."""
        return (-self.strengths).argsort(axis=1).argsort(axis=1) + 1


def draw(fit: Fit, seed: int, *, draws: int = DRAWS, moves: int = MOVES) -> Draws:
    """Draws from what the log leaves possible. `moves=0` leaves the plain bootstrap."""
    random = np.random.default_rng(seed)
    spreads = SPREADS if len(fit.spread_weights) == len(SPREADS) else np.array([fit.spread])
    spread = random.choice(spreads, size=draws, p=fit.spread_weights)
    points = _bootstrap(fit, spread, random)
    for _ in range(moves):
        points = _move(fit, points, spread, random)
        if len(spreads) > 1:
            spread = _respread(points, spread, random)
            points, spread = _stretch(fit, points, spread, random)
    strengths = points[:, :-2]
    return Draws(strengths=strengths - strengths.mean(axis=1, keepdims=True), first_slot=points[:, -2])


def _bootstrap(fit: Fit, spread: Floats, random: np.random.Generator) -> Floats:
    tally, prior = fit.likelihood.tally, precision(fit.likelihood.size, fit.spread)
    scores = _scores(fit.likelihood, fit.point)
    noise = (random.exponential(size=(len(spread), len(tally.side))) - 1) @ scores
    noise += random.standard_normal((len(spread), len(prior))) * np.sqrt(prior)
    return fit.point + np.linalg.solve(fit.curvature, noise.T).T


def _scores(likelihood: Likelihood, point: Floats) -> Floats:
    """Each call's share of the gradient, shape (calls, n + 2)."""
    half, tie, logs = (term[0] for term in likelihood.terms(point[None]))
    side = likelihood.tally.side
    lean = side - np.exp(half - logs) + np.exp(-half - logs)
    return np.column_stack([lean[:, None] * likelihood.design, (side == 0) - np.exp(tie - logs)])


def _move(fit: Fit, points: Floats, spread: Floats, random: np.random.Generator) -> Floats:
    """One trajectory of every draw, accepted or not by its energy; whitened by the fit's curvature."""
    prior = np.column_stack(
        [
            np.repeat(spread[:, None] ** -2.0, points.shape[1] - 2, axis=1),
            np.full(len(points), SLOT_SD**-2.0),
            np.full(len(points), TIE_SD**-2.0),
        ]
    )
    white = np.linalg.inv(np.linalg.cholesky(fit.curvature))

    def at(where: Floats) -> tuple[Floats, Floats]:
        value, gradient = fit.likelihood.slope(where)
        return value - 0.5 * (prior * where**2).sum(axis=1), (gradient - prior * where) @ white.T

    speed = random.standard_normal(points.shape)
    value, gradient = at(points)
    energy = value - 0.5 * (speed**2).sum(axis=1)
    moved = points
    for _ in range(_LEAPS):
        speed = speed + 0.5 * _LEAP * gradient
        moved = moved + _LEAP * speed @ white
        value, gradient = at(moved)
        speed = speed + 0.5 * _LEAP * gradient
    accepted = np.log(random.random(len(points))) < value - 0.5 * (speed**2).sum(axis=1) - energy
    return np.where(accepted[:, None], moved, points)


def _respread(points: Floats, old: Floats, random: np.random.Generator) -> Floats:
    """Each draw's prior spread given its strengths: the conjugate draw, kept where it is on the grid."""
    squares = (points[:, :-2] ** 2).sum(axis=1) + SPREAD_WEIGHT * SPREAD_GUESS**2
    freedom = points.shape[1] - 2 + SPREAD_WEIGHT
    spread: Floats = np.sqrt(squares / random.chisquare(freedom, size=len(points)))
    return np.where((spread >= SPREADS[0]) & (spread <= SPREADS[-1]), spread, old)


def _stretch(fit: Fit, points: Floats, spread: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Stretch or shrink a draw's strengths together with their spread, accepted or not.

    A spread follows its strengths closely, so that either alone moves it slowly (interweaving, Yu and
    Meng, J. Comput. Graph. Stat. 20 (2011) 531).
    """
    factor = np.exp(_STRETCH * random.standard_normal(len(points)))
    new_spread, moved = spread * factor, points.copy()
    moved[:, :-2] *= factor[:, None]
    gain = fit.likelihood.slope(moved)[0] - fit.likelihood.slope(points)[0]
    gain += spread_belief(new_spread) - spread_belief(spread)
    within = (new_spread >= SPREADS[0]) & (new_spread <= SPREADS[-1])
    accepted = within & (np.log(random.random(len(points))) < gain)
    return np.where(accepted[:, None], moved, points), np.where(accepted, new_spread, spread)
