"""Duplicate detection on NoveltyBench's labelled pairs, by prompts that the fit has not seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ideation.likeness import model as shipped
from ideation.likeness.holding_out import held_out_scores, ridge_fitter
from ideation.likeness.separation import gain, separation
from memory.embedding.packaged_minilm import PackagedMiniLm
from tests.ideation.likeness.measuring import (
    RIDGE,
    SETS,
    Pairs,
    Remembering,
    choosing,
    columns,
    fitted_entry,
    load,
    pairs_of,
    sure_on_unseen,
)


@pytest.fixture(scope="module")
def pairs(shared_data: Path) -> Pairs:
    """Without an embedder, so that it takes seconds."""
    return pairs_of(load(shared_data), None, context=True)


def test_6_1_words_alone_beat_tfidf_on_unseen_prompts(pairs: Pairs) -> None:
    assert len(pairs.labels) == 4500
    chosen = columns(SETS["shipped"], embedded=False)
    scores = held_out_scores(pairs.rows, pairs.labels, pairs.groups, ridge_fitter(RIDGE, chosen))
    found = separation(scores, pairs.labels, pairs.groups, resamples=200)
    assert found.pooled.value is not None
    assert found.pooled.value > 0.88
    recall, alarms = sure_on_unseen(pairs, chosen)
    assert recall > 0.45
    assert alarms < 0.03


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_6_1_fusion_beats_tfidf_and_the_cosine_on_unseen_prompts(shared_data: Path) -> None:
    """Signals and ridge are chosen inside the training prompts too."""
    pairs = pairs_of(load(shared_data), Remembering(PackagedMiniLm()), context=True)
    scores = held_out_scores(pairs.rows, pairs.labels, pairs.groups, choosing(embedded=True))
    found = separation(scores, pairs.labels, pairs.groups)
    assert found.pooled.value is not None
    assert found.within.value is not None
    assert found.pooled.value > 0.895
    assert found.within.value > 0.80
    for baseline in (pairs.tfidf, pairs.cosine):
        more = gain(scores, baseline, pairs.labels, pairs.groups)
        assert more.pooled.interval is not None
        assert more.pooled.interval.low > 0.0


def test_6_1_the_shipped_numbers_are_those_that_the_fit_gives(pairs: Pairs) -> None:
    path = Path(shipped.__file__).with_name("weights.json")
    file = json.loads(path.read_text(encoding="utf-8"))
    assert {(entry["embedder"], entry["context"]) for entry in file["models"]} == {
        (name, context)
        for name in ("all-MiniLM-L6-v2-int8", "lexical-v1", "none")
        for context in (True, False)
    }
    entry, table = fitted_entry(pairs, shipped.NO_EMBEDDER, context=True)
    known = next(each for each in file["models"] if each["embedder"] == "none" and each["context"])
    assert known["weights"] == pytest.approx(
        {str(name): each for name, each in entry.weights.items()}, rel=0.02
    )
    assert np.array([known["sure"], known["maybe"]]) == pytest.approx([entry.sure, entry.maybe], abs=0.02)
    assert "precision" in table
