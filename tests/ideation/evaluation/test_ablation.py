from __future__ import annotations

import numpy as np
import pytest

from core.errors import UserError
from ideation.evaluation.ablation import ArmResult, compare_arms
from ideation.evaluation.resampling import bootstrap, bootstrap_mean, percentile_interval


def arm(name: str, values: list[float], spent: float = 100.0) -> ArmResult:
    topics = [f"t{at}" for at in range(len(values))]
    return ArmResult(
        name=name, outcome=dict(zip(topics, values, strict=True)), spent=dict.fromkeys(topics, spent)
    )


def test_8_7_pairing_by_topic_finds_what_topics_would_hide() -> None:
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 5, 30)
    gain = 0.3 + 0.2 * rng.standard_normal(30)
    (found,) = compare_arms((arm("off", hard.tolist()), arm("on", (hard + gain).tolist())))
    assert found.difference.value == pytest.approx(gain.mean())
    assert found.difference.interval is not None
    assert found.difference.interval.low > 0
    assert found.share_above == 1.0
    assert found.equal_budget


def test_8_7_the_interval_covers_the_truth_at_its_rate() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for trial in range(300):
        gaps = rng.normal(0.2, 1.0, 40)
        (found,) = compare_arms((arm("a", [0.0] * 40), arm("b", gaps.tolist())), seed=trial, resamples=400)
        assert found.difference.interval is not None
        covered += found.difference.interval.covers(0.2)
    assert 0.90 <= covered / 300 <= 0.98


def test_8_7_unequal_spending_is_said() -> None:
    one, other = compare_arms(
        (arm("a", [1.0, 2.0]), arm("b", [1.0, 2.0], 104.0), arm("c", [1.0, 2.0], 200.0))
    )[:2]
    assert (one.equal_budget, other.equal_budget) == (True, False)
    assert (other.spent_first, other.spent_second) == (200.0, 400.0)
    assert one.share_above == 0.5


def test_8_7_topics_that_one_side_did_not_finish_are_counted_and_left_out() -> None:
    (found,) = compare_arms((arm("a", [1.0, 2.0, 3.0]), arm("b", [2.0])))
    assert found.difference.n == 1
    assert found.difference.interval is None
    assert found.unfinished == 2
    (nothing,) = compare_arms((arm("a", []), arm("b", [])))
    assert nothing.difference.value is None
    assert nothing.share_above is None


def test_8_7_the_same_seed_gives_the_same_answer() -> None:
    arms = (arm("a", [1.0, 0.0, 2.0]), arm("b", [0.5, 1.5, 1.0]))
    assert compare_arms(arms, seed=3) == compare_arms(arms, seed=3)


def test_arms_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(UserError, match="same name"):
        compare_arms((arm("a", [1.0]), arm("a", [1.0])))
    with pytest.raises(UserError, match="no number"):
        compare_arms((arm("a", [float("nan")]), arm("b", [1.0])))
    with pytest.raises(UserError, match="spent"):
        compare_arms((ArmResult(name="a", outcome={"t": 1.0}, spent={}), arm("b", [1.0])))


def test_a_bootstrap_of_nothing_or_of_what_is_rarely_defined_has_no_interval() -> None:
    assert bootstrap(lambda drawn: 1.0, 0).value is None
    assert bootstrap_mean(np.zeros(0)).value is None
    assert bootstrap(lambda drawn: float("nan"), 5, resamples=20).interval is None
    assert percentile_interval(np.array([1.0, np.nan, np.nan])) is None
