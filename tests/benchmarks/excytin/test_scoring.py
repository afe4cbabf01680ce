from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.excytin.benchmark import ExcytinBenchmark
from benchmarks.excytin.data import DataFolder
from benchmarks.excytin.scoring import OfficialScorer, step_credit
from benchmarks.task import Split

STEPS = ("Host `h1`", "User `u1` at `10.0.0.1`", "File `f1`", "Answer `gold`")


@pytest.mark.parametrize(
    ("submission", "credit"),
    [
        ("nothing of it", 0.0),
        ("f1", 0.4),
        ("u1 at 10.0.0.1", 0.4**2),
        ("only u1", 0.0),
        ("h1", 0.4**3),
        ("H1, f1", 0.4 + 0.4**3),
        ("h1 u1 10.0.0.1 `F1`", 0.4 + 0.4**2 + 0.4**3),
        ("gold", 0.0),
    ],
)
def test_steps_before_the_last_earn_powers_of_the_discount(submission: str, credit: float) -> None:
    assert step_credit(STEPS, submission) == pytest.approx(credit)


@pytest.mark.parametrize("solution", [(), ("Answer `gold`",), ("no value named", "Answer `gold`")])
def test_a_solution_without_values_before_its_last_step_earns_nothing(solution: tuple[str, ...]) -> None:
    assert step_credit(solution, "gold and everything") == 0.0


def test_credit_stays_below_two_thirds_however_long_the_solution() -> None:
    steps = [f"Step `v{n}x`" for n in range(40)]
    assert step_credit(steps, " ".join(f"v{n}x" for n in range(40))) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("answer", "value", "success", "candidates"),
    [
        ("The account is gold-ada.", 1.0, True, 1),
        ("bob, seen from 198.51.100.7", 0.4, False, 2),
        ("bob on host-a from 198.51.100.7", 0.4 + 0.16, False, 1),
        ("bob", 0.0, False, 1),
        ("", 0.0, False, 0),
        (None, 0.0, False, 0),
    ],
)
async def test_the_reward_is_the_answer_or_the_named_steps(
    data_dir: Path, answer: str | None, value: float, success: bool, candidates: int
) -> None:
    question = DataFolder(data_dir).questions(7, Split.TEST)[0]
    score = await OfficialScorer().score(question, answer)
    assert score.value == pytest.approx(value)
    assert (score.success, score.candidates) == (success, candidates)
    assert "gold-ada" not in score.reason


def test_the_benchmarks_scorer_is_the_official_one(data_dir: Path, tmp_path: Path) -> None:
    assert isinstance(ExcytinBenchmark(data_dir, tmp_path / "cache").scorer, OfficialScorer)
