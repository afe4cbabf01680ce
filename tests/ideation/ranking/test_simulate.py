"""The simulation: judges are as accurate as stated, and a tournament finds the order."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from ideation.ranking.match_log import Axis, Verdict
from ideation.ranking.schedule import Schedule
from ideation.ranking.simulate import Trial, kendall_tau, main, repeat, table
from ideation.ranking.simulated_judge import SimulatedJudge, slope_for

BEST_ROW = {0.56: 0.21, 0.65: 0.45, 0.71: 0.56, 0.80: 0.69}
"""The best of each column in the reference's table, the one at 500 calls too."""


@pytest.mark.parametrize("accuracy", BEST_ROW)
def test_a_simulated_judge_is_as_accurate_as_stated(accuracy: float) -> None:
    random, right = np.random.default_rng(0), 0
    qualities = {f"t{at}": each for at, each in enumerate(random.standard_normal(4000).tolist())}
    judge = SimulatedJudge(qualities=qualities, slope=slope_for(accuracy))
    for at in range(0, 4000, 2):
        one, two = f"t{at}", f"t{at + 1}"
        verdict = asyncio.run(judge.compare(one, two, Axis.NOVELTY, at)).verdict
        right += (verdict is Verdict.FIRST) == (qualities[one] > qualities[two])
    assert right / 2000 == pytest.approx(accuracy, abs=0.035)


def test_slopes_grow_with_accuracy() -> None:
    assert slope_for(0.5) == pytest.approx(0.0, abs=1e-6)
    assert slope_for(0.6) < slope_for(0.7) < slope_for(0.99)
    with pytest.raises(ValueError, match="accuracy"):
        slope_for(0.4)


def test_kendall_by_hand() -> None:
    assert kendall_tau(np.array([1.0, 2, 3]), np.array([1.0, 3, 2])) == pytest.approx(1 / 3)


@pytest.mark.parametrize("schedule", list(Schedule))
def test_7_1_every_schedule_finds_the_order(schedule: Schedule) -> None:
    found = repeat(Trial(accuracy=0.8, schedule=schedule, ideas=16, calls=120), 3)
    assert np.mean([each.tau for each in found]) > 0.55


def test_the_table_prints(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--repetitions", "2", "--ideas", "6", "--calls", "12", "--processes", "1", "--only", "bootstrap"])
    out = capsys.readouterr().out
    assert "plain bootstrap, 2 repetitions" in out
    assert len(out.strip().splitlines()) == 6
    assert "accuracy" in table([Trial(accuracy=0.7, ideas=5, calls=10)], 1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("accuracy", BEST_ROW)
def test_7_6_tau_at_250_calls_is_that_of_the_references_best_row(accuracy: float) -> None:
    """Within two standard errors of the difference; the reference's 300 runs have 0.006 too."""
    taus = [each.tau for each in repeat(Trial(accuracy=accuracy), 20, processes=2)]
    error = float(np.hypot(np.std(taus, ddof=1) / np.sqrt(len(taus)), 0.006))
    assert np.mean(taus) > BEST_ROW[accuracy] - 2 * error
