"""A judge beside the human ceiling: how far reviewers agree with each other, and the judge with them.

On the same pairs of ideas and against the same target (the mean of the other reviewers) stand a reviewer
who was left out, and the judge. A judge cannot be shown to match people better than people match people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from ideation.ranking.match_log import Axis, Match, Verdict
from ideation.ranking.reviews import Review, by_idea

DRAWS = 1000
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its 95 % interval from a bootstrap over ideas; all None where it cannot be had."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return "unknown"
        if self.low is None or self.high is None:
            return f"{self.value:.2f}"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One judge on one axis. `icc1` is of one review, `icck` of an idea's mean review.

    `human` and `judge` are shares of pairs put in the order of the other reviewers' mean, ties of the
    target left out and ties of the voter counted a half; `judge_all` is against all reviewers' mean, and
    is all there is where ideas have one review. `shift` is the judge's mean less the reviewers' (None for
    verdicts); `rank_correlation` is Spearman's with the mean review over all ideas.
    """

    axis: Axis
    judge_name: str
    ideas: int
    reviews: int
    pairs: int
    icc1: Estimate
    icck: Estimate
    human: Estimate
    judge: Estimate
    judge_all: Estimate
    shift: float | None
    rank_correlation: float | None


def judge_calibrate(
    reviews: Sequence[Review],
    axis: Axis,
    *,
    judge_name: str,
    scores: Mapping[str, float] | None = None,
    matches: Iterable[Match] = (),
    seed: int = 0,
    draws: int = DRAWS,
) -> Calibration:
    """Compare a judge's `scores` by idea, or its verdicts in `matches`, with human reviews on `axis`.

    Raises:
        UserError: no idea has both a review and the judge's word, or neither scores nor matches are given.
    """
    human = by_idea(reviews, axis)
    groups = {review.idea: review.group for review in reviews}
    ideas = list(human)
    votes = _by_scores(ideas, scores) if scores is not None else _by_matches(ideas, axis, matches)
    if not np.isfinite(votes).any():
        raise UserError(f"the judge and the reviewers have no {axis.value} of the same ideas in common")
    same = np.array([[groups[one] == groups[two] for two in ideas] for one in ideas])
    votes = np.where(same, votes, np.nan)
    means = np.array([np.mean(human[idea]) for idea in ideas])
    against_all = _agreement(_sign(means), votes)
    held_human, held_judge = _held_out([human[idea] for idea in ideas], votes)
    random = np.random.default_rng(seed)
    weights = random.multinomial(len(ideas), np.full(len(ideas), 1 / len(ideas)), size=draws).astype(float)
    sums = _sums([human[idea] for idea in ideas])
    return Calibration(
        axis=axis,
        judge_name=judge_name,
        ideas=len(ideas),
        reviews=sum(len(each) for each in human.values()),
        pairs=int(np.isfinite(votes)[np.triu_indices(len(ideas), 1)].sum()),
        icc1=_estimate([_icc(sums, each)[0] for each in weights], _icc(sums, np.ones(len(ideas)))[0]),
        icck=_estimate([_icc(sums, each)[1] for each in weights], _icc(sums, np.ones(len(ideas)))[1]),
        human=_share(held_human, weights),
        judge=_share(held_judge, weights),
        judge_all=_share(against_all, weights),
        shift=_shift(human, scores),
        rank_correlation=_spearman(human, scores),
    )


def calibration_text(found: Sequence[Calibration]) -> str:
    """A table for a person, one line an axis and judge."""
    head = (
        "axis           judge                 ideas reviews  ICC(1)               ICC(k)               "
        "human pairs          judge pairs          judge, all reviews    shift"
    )
    lines = [
        f"{each.axis:<14} {each.judge_name[:20]:<21} {each.ideas:>5} {each.reviews:>7}  {each.icc1!s:<20} "
        f"{each.icck!s:<20} {each.human!s:<20} {each.judge!s:<20} {each.judge_all!s:<20} "
        f"{'' if each.shift is None else format(each.shift, '+.2f'):>6}"
        for each in found
    ]
    note = "pairs: share in the order of the other reviewers' mean; [95 % over ideas]; 0.50 is chance"
    return "\n".join([head, *lines, note])


def icc(scores: Sequence[Sequence[float]]) -> tuple[float | None, float | None]:
    """ICC(1) and ICC(k) by one-way analysis of variance (Shrout and Fleiss, 1979), k reviews on average.

    For unequal numbers of reviews k is (N - sum n_i^2 / N) / (n - 1). None where undefined: fewer than
    two ideas, no idea with two reviews, or no variance.
    """
    return _icc(_sums(scores), np.ones(len(scores)))


def _sums(scores: Sequence[Sequence[float]]) -> Floats:
    """Shape (3, ideas): reviews, their sum, the sum of their squares."""
    return np.array([[len(each), sum(each), sum(x * x for x in each)] for each in scores], dtype=float).T


def _icc(sums: Floats, weights: Floats) -> tuple[float | None, float | None]:
    n, total, squares = sums
    ideas, reviews = float(weights.sum()), float(weights @ n)
    if ideas < 2 or reviews <= ideas:
        return None, None
    mean = float(weights @ total) / reviews
    between = float(weights @ (n * (total / n - mean) ** 2)) / (ideas - 1)
    within = float(weights @ (squares - total**2 / n)) / (reviews - ideas)
    each = (reviews - float(weights @ n**2) / reviews) / (ideas - 1)
    spread = between + (each - 1) * within
    if spread <= 0 or between <= 0:
        return (None, None) if spread <= 0 else ((between - within) / spread, None)
    return (between - within) / spread, (between - within) / between


def _by_scores(ideas: Sequence[str], scores: Mapping[str, float]) -> Floats:
    values = np.array([scores.get(idea, np.nan) for idea in ideas], dtype=float)
    return _sign(values)


def _by_matches(ideas: Sequence[str], axis: Axis, matches: Iterable[Match]) -> Floats:
    """+1 where the row's idea won most of the pair's answered calls, NaN where there are none."""
    place = {idea: at for at, idea in enumerate(ideas)}
    total, answered = np.zeros((2, len(ideas), len(ideas)))
    side = {Verdict.FIRST: 1.0, Verdict.SECOND: -1.0, Verdict.TIE: 0.0}
    for match in matches:
        known = match.first in place and match.second in place
        if match.axis is axis and known and match.verdict in side:
            one, two = place[match.first], place[match.second]
            for row, column, sign in ((one, two, 1.0), (two, one, -1.0)):
                total[row, column] += sign * side[match.verdict]
                answered[row, column] += 1
    return np.where(answered > 0, np.sign(total), np.nan)


def _sign(values: Floats) -> Floats:
    """Shape (n, n): which of two is higher; the diagonal is NaN."""
    signs = np.sign(values[:, None] - values[None, :])
    np.fill_diagonal(signs, np.nan)
    return signs


def _agreement(target: Floats, votes: Floats) -> tuple[Floats, Floats]:
    """Shares right and their weight, each (n, n), for every pair that target and vote tell of."""
    told = np.isfinite(target) & np.isfinite(votes) & (target != 0)
    right = np.where(told, (1.0 + np.nan_to_num(target) * np.nan_to_num(votes)) / 2.0, 0.0)
    return right, told.astype(float)


def _held_out(
    scores: Sequence[Sequence[float]], votes: Floats
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """A reviewer left out of each idea of a pair, and the judge, against the mean of the rest."""
    n = len(scores)
    human_right, human_of, judge_right, judge_of = np.zeros((4, n, n))
    most = max(len(each) for each in scores)
    out = np.full((most, n), np.nan)
    rest = np.full((most, n), np.nan)
    for idea, each in enumerate(scores):
        for at, score in enumerate(each if len(each) > 1 else ()):
            out[at, idea], rest[at, idea] = score, (sum(each) - score) / (len(each) - 1)
    for one in range(most):
        for two in range(most):
            target = np.sign(rest[one][:, None] - rest[two][None, :])
            vote = np.sign(out[one][:, None] - out[two][None, :])
            for matrix in (target, vote):
                np.fill_diagonal(matrix, np.nan)
            vote = np.where(np.isfinite(votes), vote, np.nan)
            right, told = _agreement(target, vote)
            human_right, human_of = human_right + right, human_of + told
            right, told = _agreement(target, np.where(np.isfinite(vote), votes, np.nan))
            judge_right, judge_of = judge_right + right, judge_of + told
    return (human_right, human_of), (judge_right, judge_of)


def _share(counts: tuple[Floats, Floats], weights: Floats) -> Estimate:
    right, of = counts
    if not of.any():
        return Estimate()
    hits = np.einsum("di,ij,dj->d", weights, right, weights, optimize=True)
    total = np.einsum("di,ij,dj->d", weights, of, weights, optimize=True)
    return _estimate((hits[total > 0] / total[total > 0]).tolist(), float(right.sum() / of.sum()))


def _estimate(drawn: Sequence[float | None], value: float | None) -> Estimate:
    told = [each for each in drawn if each is not None]
    if value is None or not told:
        return Estimate(value=value)
    low, high = np.quantile(told, [0.025, 0.975])
    return Estimate(value=value, low=float(low), high=float(high))


def _shift(human: Mapping[str, Sequence[float]], scores: Mapping[str, float] | None) -> float | None:
    shared = [idea for idea in human if idea in (scores or {})]
    if scores is None or not shared:
        return None
    return float(np.mean([scores[idea] - np.mean(human[idea]) for idea in shared]))


def _spearman(human: Mapping[str, Sequence[float]], scores: Mapping[str, float] | None) -> float | None:
    shared = [idea for idea in human if idea in (scores or {})]
    if scores is None or len(shared) < 3:
        return None
    one = _midranks(np.array([scores[idea] for idea in shared]))
    two = _midranks(np.array([float(np.mean(human[idea])) for idea in shared]))
    if not one.std() or not two.std():
        return None
    return float(np.corrcoef(one, two)[0, 1])


def _midranks(values: Floats) -> Floats:
    ranks: Floats = (values[:, None] > values[None, :]).sum(axis=1) + (
        (values[:, None] == values[None, :]).sum(axis=1) + 1
    ) / 2
    return ranks
