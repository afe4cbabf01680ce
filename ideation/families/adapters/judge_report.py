"""How well a judge does on pairs of ideas that it has not seen: AUC with its interval, and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.embedder import Embedder
from core.errors import UserError
from ideation.evaluation.resampling import RESAMPLES, Estimate, Numbers, bootstrap
from ideation.families.adapters.features import Floats, Judged, Places, raw_features
from ideation.families.adapters.learned_judge import Pair, chances, learn_raw, sides
from ideation.likeness.separation import auc

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Of `n` answers whose said chance lies in one tenth: the mean chance `said`, and the share `found`."""

    said: float
    found: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeReport:
    """`auc` is the chance that a pair the right way round gets a higher chance than one the wrong way round;
    0.5 is a coin. `brier` is 0.25 for a coin; `calibration_error` is the mean distance of said and found.
    `split` says what was kept apart: whole `topics`, or `ideas` where there are too few topics. `unused`
    pairs had an idea on either side and could not be tested.
    """

    auc: Estimate
    brier: float
    calibration: tuple[Bin, ...]
    calibration_error: float
    pairs: int
    unused: int
    split: str


def held_out(
    ideas: Sequence[Judged],
    pairs: Sequence[Pair],
    embedder: Embedder,
    *,
    folds: int = 5,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> JudgeReport:
    """Learn from all folds but one and test on that one, for each. The interval is from drawing whole topics,
    or where ideas were split, whole sets of pairs that share their better idea.

    Raises:
        UserError: no pair can be tested.
    """
    topics = np.unique([each.topic for each in ideas], return_inverse=True)[1]
    by_topic = len(np.unique(topics)) >= folds
    groups: Places = topics if by_topic else np.arange(len(ideas))
    fold = sides(len(ideas), groups, folds, seed)
    raw = raw_features(ideas, embedder)
    gaps: list[Floats] = []
    tested: list[Pair] = []
    for each in range(folds):
        train = [pair for pair in pairs if each not in (fold[pair.better], fold[pair.worse])]
        test = [pair for pair in pairs if fold[pair.better] == each == fold[pair.worse]]
        if not train or not test:
            continue
        strengths = learn_raw(raw, train, embedder.id).of(raw)
        gaps.append(np.array([strengths[pair.better] - strengths[pair.worse] for pair in test]))
        tested += test
    if not tested:
        raise UserError(f"{len(pairs)} pairs are too few to keep some apart from the rest")
    gap = np.concatenate(gaps)
    clusters = np.array([topics[pair.better] if by_topic else pair.better for pair in tested])
    bins = _bins(gap)
    total = sum(each.n for each in bins)
    return JudgeReport(
        auc=_auc(gap, clusters, seed, resamples),
        brier=float(np.mean((1.0 - chances(gap)) ** 2)),
        calibration=bins,
        calibration_error=sum(each.n * abs(each.said - each.found) for each in bins) / total,
        pairs=len(tested),
        unused=len(pairs) - len(tested),
        split="topics" if by_topic else "ideas",
    )


def _auc(gap: Floats, clusters: Numbers, seed: int, resamples: int) -> Estimate:
    members = [np.flatnonzero(clusters == each) for each in np.unique(clusters)]

    def of(drawn: Numbers) -> float:
        own = gap[np.concatenate([members[at] for at in drawn])]
        labels = np.arange(2 * len(own)) < len(own)
        return auc(np.concatenate([own, -own]), labels)

    return bootstrap(of, len(members), seed=seed, resamples=resamples)


def _bins(gap: Floats) -> tuple[Bin, ...]:
    """Both ways round, so that as many answers are right as wrong."""
    said = chances(np.concatenate([gap, -gap]))
    right = np.arange(len(said)) < len(gap)
    place = np.minimum((said * BINS).astype(np.intp), BINS - 1)
    return tuple(
        Bin(
            said=float(said[inside].mean()),
            found=float(right[inside].mean()),
            n=int(inside.sum()),
        )
        for each in range(BINS)
        if (inside := place == each).any()
    )
