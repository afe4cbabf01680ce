from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserError
from ideation.families.adapters.features import NAMES, Judged, Raw, raw_features, space_of
from ideation.families.adapters.judge_report import held_out
from ideation.families.adapters.learned_judge import Pair, learn, learn_raw, pairs_from_scores
from ideation.idea import IdeaText
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.families.adapters.made import judged_ideas
from tests.ideation.families.agents.papers import TOPIC, text

EMBEDDER = LexicalEmbedder(128)


def test_5_3_a_planted_preference_is_learned_and_told_on_topics_not_seen() -> None:
    ideas, worth = judged_ideas(10, 8)
    pairs = pairs_from_scores(worth, [each.topic for each in ideas], least_gap=0.1)
    report = held_out(ideas, pairs, EMBEDDER, resamples=150)
    assert report.split == "topics"
    assert report.pairs == len(pairs)
    assert report.unused == 0
    assert report.auc.value is not None
    assert report.auc.value > 0.8
    assert report.auc.interval is not None
    assert report.auc.interval.low > 0.7
    assert report.brier < 0.2
    assert report.calibration_error < 0.1
    assert sum(each.n for each in report.calibration) == 2 * len(pairs)


def test_5_3_noise_is_not_learned_and_the_report_says_so() -> None:
    ideas, _ = judged_ideas(10, 8)
    worth = np.random.default_rng(4).random(len(ideas)).tolist()
    pairs = pairs_from_scores(worth, [each.topic for each in ideas])
    report = held_out(ideas, pairs, EMBEDDER, resamples=150)
    assert report.auc.interval is not None
    assert report.auc.interval.covers(0.5)
    assert report.brier > 0.2


def test_5_3_with_one_topic_ideas_are_kept_apart_and_pairs_across_are_not_tested() -> None:
    ideas, worth = judged_ideas(1, 40)
    pairs = pairs_from_scores(worth, [each.topic for each in ideas])
    report = held_out(ideas, pairs, EMBEDDER, resamples=100)
    assert report.split == "ideas"
    assert report.unused > report.pairs > 0
    assert report.pairs + report.unused == len(pairs)
    assert report.auc.value is not None
    assert report.auc.value > 0.7


def test_5_3_calibration_is_of_the_said_chances() -> None:
    """Worth that is drawn from the model itself comes back calibrated."""
    ideas, _ = judged_ideas(14, 8, seed=2)
    raw = raw_features(ideas, EMBEDDER)
    true = space_of(raw).rows(raw)[:, NAMES.index("compares in its evaluation")]
    rng = np.random.default_rng(0)
    pairs = []
    for one in range(len(ideas)):
        for other in range(one):
            if ideas[one].topic == ideas[other].topic:
                wins = rng.random() < 1 / (1 + np.exp(true[other] - true[one]))
                pairs.append(Pair(better=one, worse=other) if wins else Pair(better=other, worse=one))
    report = held_out(ideas, pairs, EMBEDDER, resamples=100)
    assert report.calibration_error < 0.08
    for each in report.calibration:
        assert abs(each.said - each.found) < 0.05 + 2 / np.sqrt(each.n)


@settings(max_examples=20)
@given(st.integers(0, 99), st.floats(1.0, 50.0))
def test_5_3_strengths_turn_with_the_pairs_and_weights_count_as_repeats(seed: int, ridge: float) -> None:
    ideas, worth = judged_ideas(2, 8, seed=seed)
    pairs = pairs_from_scores(worth, [each.topic for each in ideas])
    turned = [Pair(better=each.worse, worse=each.better) for each in pairs]
    raw = raw_features(ideas, EMBEDDER)
    one = learn_raw(raw, pairs, EMBEDDER.id, ridge=ridge)
    other = learn_raw(raw, turned, EMBEDDER.id, ridge=ridge)
    assert one.of(raw) == pytest.approx(-other.of(raw), abs=1e-6)
    heavy = learn_raw(raw, [replace(each, weight=2.0) for each in pairs], EMBEDDER.id, ridge=ridge)
    twice = learn_raw(raw, [*pairs, *pairs], EMBEDDER.id, ridge=ridge)
    assert heavy.weights == pytest.approx(twice.weights, abs=1e-6)


def test_5_3_a_judge_says_what_it_weighs_and_with_which_embedder_it_was_learned() -> None:
    ideas, worth = judged_ideas(4, 8)
    pairs = pairs_from_scores(worth, [each.topic for each in ideas])
    judge = learn(ideas, pairs, EMBEDDER)
    assert {name for name, _ in judge.weighs(99)} == set(judge.space.names)
    assert "length of words" in {name for name, weight in judge.weighs(6) if weight > 0}
    with pytest.raises(UserError, match="learned with the embedder lexical-v1-128"):
        judge.strengths(ideas, LexicalEmbedder(64))
    again = learn(ideas, pairs, EMBEDDER)
    assert np.array_equal(judge.weights, again.weights)


def test_5_3_what_cannot_be_learned_is_told() -> None:
    ideas, _ = judged_ideas(1, 3)
    with pytest.raises(UserError, match="there is none"):
        learn(ideas, (), EMBEDDER)
    with pytest.raises(UserError, match="too few"):
        held_out(ideas, [Pair(better=0, worse=1)], EMBEDDER)
    with pytest.raises(ValueError, match="learned from ideas"):
        space_of(raw_features([], EMBEDDER))


@given(st.lists(st.one_of(st.none(), st.integers(1, 4)), max_size=8), st.integers(1, 3))
def test_5_3_pairs_from_scores_are_of_one_topic_and_a_gap_apart(scores: list[int | None], gap: int) -> None:
    topics = [f"t{place % 2}" for place in range(len(scores))]
    for pair in pairs_from_scores(scores, topics, least_gap=gap):
        assert topics[pair.better] == topics[pair.worse]
        assert scores[pair.better] - scores[pair.worse] >= gap  # type: ignore[operator]


@pytest.mark.parametrize("shape", [(12, 30), (30, 12)])
def test_directions_are_the_first_singular_vectors(shape: tuple[int, int]) -> None:
    vectors = np.random.default_rng(0).normal(size=shape)
    space = space_of(Raw(facets=np.zeros((shape[0], len(NAMES))), vectors=vectors), directions=3)
    _, lengths, axes = np.linalg.svd(vectors - vectors.mean(axis=0))
    assert np.abs(np.vecdot(space.directions, axes[:3])) == pytest.approx(np.ones(3))
    assert space.lengths * np.sqrt(shape[0]) == pytest.approx(lengths[:3])


@given(st.text(max_size=60), st.text(max_size=60))
def test_features_are_numbers_for_any_text(one: str, other: str) -> None:
    words = replace(text(1), title=one, mechanism=other, evaluation=one, prediction=other)
    ideas = [Judged(id=name, text=each, topic=TOPIC) for name, each in (("a", words), ("b", text(2)))]
    raw = raw_features(ideas, EMBEDDER)
    assert raw.facets.shape == (2, len(NAMES))
    assert np.isfinite(raw.facets).all()
    assert np.isfinite(space_of(raw).rows(raw)).all()


def test_5_3_on_the_experts_scores_of_generated_hypotheses(shared_data: Path) -> None:
    """Held out by research question. The experts scored how near a hypothesis comes to the published one,
    which its wording hardly tells: what is asserted is that the report does not claim otherwise.
    """
    ideas, scores, sheets = expert_scores(shared_data / "ideation" / "moose_chem")
    pairs = pairs_from_scores(scores, sheets)
    report = held_out(ideas, pairs, LexicalEmbedder(), resamples=150)
    assert report.split == "topics"
    assert report.pairs == len(pairs) > 100
    assert report.auc.value is not None
    assert report.auc.interval is not None
    assert report.auc.interval.low < 0.7
    assert 0.2 < report.brier < 0.35


def expert_scores(folder: Path) -> tuple[list[Judged], list[float | None], list[str]]:
    """Hypotheses with the expert's score, and the sheet (expert and question) within which scores compare."""
    ideas: list[Judged] = []
    scores: list[float | None] = []
    sheets: list[str] = []
    for path in sorted(folder.glob("expert_eval_*.json")):
        for question, rows in json.loads(path.read_text(encoding="utf-8")).items():
            for row in rows:
                if len(row) < 6:  # the expert did not score this one
                    continue
                title = " ".join(row[0].split()[:12])
                words = IdeaText(title=title, problem="", mechanism=row[0], prediction="", evaluation="")
                ideas.append(Judged(id=str(len(ideas)), text=words, topic=question))
                scores.append(float(row[5]))
                sheets.append(f"{path.name}: {question}")
    return ideas, scores, sheets
