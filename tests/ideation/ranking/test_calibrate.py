"""A judge beside the human ceiling, on planted reviews and on the published ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from ideation.ranking.calibrate import calibration_text, icc, judge_calibrate
from ideation.ranking.match_log import Axis, Verdict
from ideation.ranking.reviews import Review, by_idea, read_moose_scores, read_si_reviews
from tests.ideation.ranking.samples import AXIS, match

SHROUT_AND_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def planted(ideas: int, reviewers: int, reliability: float, seed: int = 0) -> tuple[list[Review], np.ndarray]:
    random = np.random.default_rng(seed)
    worth = np.sqrt(reliability) * random.standard_normal(ideas)
    reviews = [
        Review(idea=f"i{at}", scores={AXIS: worth[at] + np.sqrt(1 - reliability) * random.standard_normal()})
        for at in range(ideas)
        for _ in range(reviewers)
    ]
    return reviews, worth


def test_icc_is_that_of_the_published_example() -> None:
    """Shrout and Fleiss, Psychological Bulletin 86 (1979) 420, tables 2 and 4."""
    one, mean = icc(SHROUT_AND_FLEISS)
    assert one == pytest.approx(0.17, abs=0.005)
    assert mean == pytest.approx(0.44, abs=0.005)
    assert icc([[1], [2]]) == (None, None)
    assert icc([[3, 3], [3, 3]]) == (None, None)


def test_7_11_a_planted_reliability_is_found_and_a_perfect_judge_passes_the_ceiling() -> None:
    reviews, worth = planted(150, 3, 0.4, seed=1)
    scores = {f"i{at}": float(each) for at, each in enumerate(worth)}
    found = judge_calibrate(reviews, AXIS, judge_name="truth", scores=scores, draws=200)
    assert found.icc1.low is not None
    assert found.icc1.high is not None
    assert found.icc1.low < 0.4 < found.icc1.high
    assert found.icck.value is not None
    assert found.icck.value > (found.icc1.value or 1.0)
    assert found.human.value is not None
    assert found.judge.value is not None
    assert 0.5 < found.human.value < found.judge.value < 1.0
    assert found.pairs == 150 * 149 // 2


def test_7_11_a_coin_is_at_one_half_and_a_reviewers_copy_at_the_ceiling() -> None:
    reviews, _ = planted(150, 3, 0.4)
    coin = {f"i{at}": each for at, each in enumerate(np.random.default_rng(8).random(150).tolist())}
    found = judge_calibrate(reviews, AXIS, judge_name="coin", scores=coin, draws=200)
    assert found.judge.low is not None
    assert found.judge.high is not None
    assert found.judge.low < 0.5 < found.judge.high
    colleague, _ = planted(150, 4, 0.4)
    fourth = {idea: each[3] for idea, each in by_idea(colleague, AXIS).items()}
    three = [
        Review(idea=i, scores={AXIS: s}) for i, each in by_idea(colleague, AXIS).items() for s in each[:3]
    ]
    like = judge_calibrate(three, AXIS, judge_name="colleague", scores=fourth, draws=50)
    assert like.judge.value == pytest.approx(like.human.value, abs=0.04)


def test_7_11_pair_verdicts_are_read_by_the_ideas_and_within_a_group() -> None:
    reviews = [
        Review(idea=idea, scores={AXIS: score}, group=group)
        for idea, group, score in [("a", "g", 9), ("a", "g", 8), ("b", "g", 2), ("b", "g", 3), ("c", "h", 5)]
    ]
    right = [match("a", "b", Verdict.FIRST, 0), match("b", "a", Verdict.ABSTAIN, 1)]
    found = judge_calibrate(
        reviews, AXIS, judge_name="j", matches=[*right, match("c", "a", Verdict.FIRST, 2)]
    )
    assert (found.pairs, found.judge.value, found.human.value) == (1, 1.0, 1.0)
    assert found.shift is None
    wrong = judge_calibrate(reviews, AXIS, judge_name="j", matches=[match("b", "a", Verdict.FIRST)])
    assert wrong.judge_all.value == 0.0
    with pytest.raises(UserError, match="in common"):
        judge_calibrate(reviews, AXIS, judge_name="j", scores={"z": 1.0})


def test_7_11_the_published_reviews_have_a_low_ceiling(shared_data: Path) -> None:
    reviews = read_si_reviews(shared_data / "ideation/si_human_study/ideation_reviews.jsonl")
    assert (len(reviews), len({review.idea for review in reviews})) == (126, 55)
    length = {review.idea: float(len(review.idea)) for review in reviews}
    axes = (Axis.NOVELTY, Axis.EXCITEMENT, Axis.FEASIBILITY, Axis.EFFECTIVENESS)
    found = [judge_calibrate(reviews, axis, judge_name="length of id", scores=length) for axis in axes]
    for each in found:
        assert each.icc1.low is not None
        assert each.icc1.high is not None
        assert each.icc1.low < 0.30, "one reviewer tells little of an idea"
        assert each.icc1.low < (each.icc1.value or 0.0) < each.icc1.high
        assert each.human.value is not None
        assert 0.4 < each.human.value < 0.75
    text = calibration_text(found)
    assert text.count("length of id") == 4
    assert "human pairs" in text


def test_7_11_gpt4o_is_two_points_kinder_than_the_expert(shared_data: Path) -> None:
    folder = shared_data / "ideation/moose_chem"
    kind = read_moose_scores(folder / "expert_eval_for_selected_hyp_in_exp_8_Ben.json")
    axis = Axis.EFFECTIVENESS
    found = judge_calibrate(kind.reviews, axis, judge_name="GPT-4o", scores=kind.judge_scores, draws=200)
    assert (found.reviews, len(kind.texts)) == (76, 76)
    assert found.shift is not None
    assert found.shift > 1.5
    assert found.human.value is None, "one expert an idea: there is no ceiling to know"
    assert found.icc1.value is None
    assert found.judge_all.value is not None
    assert "unknown" in calibration_text([found])


def test_bad_files_are_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_text('{"idea_id": "x"}\n')
    with pytest.raises(UserError, match="line 1"):
        read_si_reviews(path)
    for text in ("[]", "{", '{"0": [["a", "b", 1, "x", "why", 2]]}'):
        path.write_text(text)
        with pytest.raises(UserError, match="expert scores"):
            read_moose_scores(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_si_reviews(tmp_path / "none")
