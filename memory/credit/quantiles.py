"""The regularised incomplete beta function and the quantiles that rest on it."""

from __future__ import annotations

import math
from statistics import NormalDist

_TINY = 1e-300
_NORMAL_FROM = 1e7
"""Degrees of freedom from which Student's t is the normal to 1e-7."""
_MAX_TERMS = 100_000
_LOGIT_RANGE = 700.0


def normal_quantile(probability: float) -> float:
    return NormalDist().inv_cdf(probability)


def beta_cdf(alpha: float, beta: float, x: float) -> float:
    """I_x(alpha, beta), the chance that a Beta(alpha, beta) is at most `x`; 0 below 0, 1 above 1."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    # The fraction converges fast on this side only (DLMF 8.17.22); the other follows by symmetry.
    if x > (alpha + 1.0) / (alpha + beta + 2.0):
        return 1.0 - _head(beta, alpha, 1.0 - x, math.log1p(-x), math.log(x))
    return _head(alpha, beta, x, math.log(x), math.log1p(-x))


def beta_quantile(alpha: float, beta: float, probability: float) -> float:
    """The `x` at which `beta_cdf` reaches `probability`, by Newton's method on log(x / (1 - x)), bracketed.

    Raises ValueError for a probability outside [0, 1] or a parameter that is not positive.
    """
    if not 0.0 <= probability <= 1.0 or alpha <= 0.0 or beta <= 0.0:
        raise ValueError(f"no quantile {probability} of Beta({alpha}, {beta})")
    if probability in (0.0, 1.0):
        return probability
    low, high = -_LOGIT_RANGE, _LOGIT_RANGE
    place = math.log(alpha / beta)
    for _ in range(200):
        x = _logistic(place)
        error = beta_cdf(alpha, beta, x) - probability
        low, high = (low, place) if error > 0.0 else (place, high)
        following = _newton(place, error, _log_logit_density(alpha, beta, x))
        if not low < following < high:
            following = (low + high) / 2.0
        if abs(following - place) <= 1e-13 * max(1.0, abs(place)):
            break
        place = following
    return _logistic(place)


def student_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t with `freedom` > 0 degrees of freedom (not only whole numbers).

    Raises ValueError for a probability outside (0, 1) or no positive freedom.
    """
    if not 0.0 < probability < 1.0 or not freedom > 0.0:
        raise ValueError(f"no quantile {probability} of Student's t with {freedom} degrees of freedom")
    if probability < 0.5:
        return -student_quantile(1.0 - probability, freedom)
    if freedom >= _NORMAL_FROM:
        return normal_quantile(probability)
    tail = 2.0 * (1.0 - probability)
    # freedom / (freedom + t²) is Beta(freedom/2, 1/2): take the end at which it is not close to 1.
    if tail < 0.5:
        rest = beta_quantile(freedom / 2.0, 0.5, tail)
        return math.sqrt(freedom * (1.0 - rest) / rest) if rest > 0.0 else math.inf
    part = beta_quantile(0.5, freedom / 2.0, 1.0 - tail)
    return math.sqrt(freedom * part / (1.0 - part))


def _head(alpha: float, beta: float, x: float, log_x: float, log_rest: float) -> float:
    front = math.exp(alpha * log_x + beta * log_rest - _log_beta(alpha, beta))
    return front * _fraction(alpha, beta, x) / alpha


def _fraction(alpha: float, beta: float, x: float) -> float:
    """The continued fraction DLMF 8.17.22, by Lentz's method (Thompson and Barnett, 1986)."""
    ratio, below = 1.0, 1.0 - (alpha + beta) * x / (alpha + 1.0)
    below = 1.0 / (below if abs(below) > _TINY else _TINY)
    value = below
    for m in range(1, _MAX_TERMS):
        even = m * (beta - m) * x / ((alpha + 2 * m - 1) * (alpha + 2 * m))
        odd = -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2 * m) * (alpha + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            below = 1.0 + term * below
            below = 1.0 / (below if abs(below) > _TINY else _TINY)
            ratio = 1.0 + term / ratio
            ratio = ratio if abs(ratio) > _TINY else _TINY
            change = below * ratio
            value *= change
        if abs(change - 1.0) < 1e-15:
            break
    return value


def _newton(place: float, error: float, log_slope: float) -> float:
    return place - error * math.exp(-log_slope) if log_slope > -_LOGIT_RANGE else math.nan


def _log_logit_density(alpha: float, beta: float, x: float) -> float:
    """Log density of log(x / (1 - x)) where x is Beta(alpha, beta)."""
    if not 0.0 < x < 1.0:
        return -math.inf
    return alpha * math.log(x) + beta * math.log1p(-x) - _log_beta(alpha, beta)


def _log_beta(alpha: float, beta: float) -> float:
    return math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)


def _logistic(place: float) -> float:
    return 1.0 / (1.0 + math.exp(-place)) if place > -_LOGIT_RANGE else 0.0
