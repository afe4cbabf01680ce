from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import UserError
from ideation.novelty.ledger import Aspect, Verdict
from ideation.novelty.thresholds import (
    LabelledPair,
    Scored,
    Threshold,
    calibrate,
    score,
    shipped,
    threshold_for,
)
from memory.embedding.lexical import LexicalEmbedder
from memory.embedding.packaged_minilm import PackagedMiniLm
from tests.ideation.novelty.measuring import measure, read_known, scored, wilson

COSINES = st.lists(st.floats(-0.2, 1.0).map(lambda value: round(value, 6)), min_size=20, max_size=60)


def pairs(held: list[float], part: list[float], other: list[float]) -> list[Scored]:
    labelled = ((Verdict.EXISTS, held), (Verdict.PARTIAL, part), (Verdict.NOT_FOUND, other))
    return [
        Scored(group=str(number), label=label, similarity=value)
        for label, values in labelled
        for number, value in enumerate(values)
    ]


@given(COSINES, COSINES, COSINES, st.sampled_from([0.0, 0.05, 0.2]))
def test_6_3_thresholds_hold_their_shares_on_the_pairs_that_set_them(
    held: list[float], part: list[float], other: list[float], share: float
) -> None:
    found = calibrate(pairs(held, part, other), false_alarms=share, missed=share)
    assert found.partial <= found.exists
    alarms = [max(value, part[number] if number < len(part) else -1.0) for number, value in enumerate(other)]
    if found.exists < 1.0:
        assert np.mean([value >= found.exists for value in alarms]) <= share
    assert np.mean([value < found.partial - 1e-4 for value in part]) <= share
    assert found.found == pytest.approx(np.mean([value >= found.exists for value in held]), abs=1e-3)


@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_6_3_more_similar_is_never_less_known(one: float, other: float) -> None:
    order = [Verdict.NOT_FOUND, Verdict.PARTIAL, Verdict.EXISTS]
    threshold = Threshold(exists=0.7, partial=0.4, found=0.5, ideas=51)
    low, high = sorted((one, other))
    assert order.index(threshold.verdict(low)) <= order.index(threshold.verdict(high))


def test_6_3_too_few_labelled_ideas_and_odd_shares_are_refused() -> None:
    with pytest.raises(UserError, match="needs 20 ideas"):
        calibrate(pairs([0.9] * 30, [0.5] * 30, [0.1] * 19))
    with pytest.raises(UserError, match="between 0 and 1"):
        calibrate(pairs([0.9] * 30, [0.5] * 30, [0.1] * 30), false_alarms=1.0)


def test_6_3_labels_that_are_unknown_count_for_nothing() -> None:
    rows = pairs([0.9] * 30, [0.5] * 30, [0.1] * 30)
    extra = [Scored(group="0", label=Verdict.UNKNOWN, similarity=0.99)]
    assert calibrate([*rows, *extra]) == calibrate(rows)


def test_6_3_texts_are_scored_by_the_embedder_at_hand() -> None:
    twin, other = score(
        [
            LabelledPair(group="a", text="bonds reform", paper="bonds reform", label=Verdict.EXISTS),
            LabelledPair(group="a", text="bonds reform", paper="owls hunt", label=Verdict.NOT_FOUND),
        ],
        LexicalEmbedder(),
    )
    assert twin.similarity == pytest.approx(1.0)
    assert other.similarity < 0.5


@pytest.mark.parametrize("embedder", [LexicalEmbedder(), PackagedMiniLm()], ids=["lexical", "packaged"])
@pytest.mark.parametrize("aspect", Aspect)
def test_6_3_the_shipped_embedders_have_thresholds_and_no_other_has(
    embedder: LexicalEmbedder | PackagedMiniLm, aspect: Aspect
) -> None:
    found = threshold_for(embedder.id, aspect)
    assert found is not None
    assert 0.0 < found.partial < found.exists < 1.0
    assert threshold_for(f"{embedder.id}x", aspect) is None


def test_a_threshold_outside_the_cosines_is_refused() -> None:
    with pytest.raises(ValidationError):
        Threshold(exists=1.2, partial=0.4, found=0.5, ideas=51)


def test_6_3_the_shipped_table_is_what_the_labelled_papers_give(shared_data: Path) -> None:
    embedder = LexicalEmbedder()
    known, corpus = read_known(shared_data / "ideation" / "moose_chem")
    assert len(known) == 51
    for aspect, rows in scored(known, corpus, embedder).items():
        found = measure(rows)
        assert found.threshold == shipped()[embedder.id][aspect]
        assert wilson(*found.alarms)[0] <= 0.05, aspect
        assert wilson(*found.missed)[0] <= 0.10, aspect


@pytest.mark.slow
def test_6_3_the_packaged_embedder_finds_most_known_ideas(shared_data: Path) -> None:
    embedder = PackagedMiniLm()
    known, corpus = read_known(shared_data / "ideation" / "moose_chem")
    for aspect, rows in scored(known, corpus, embedder).items():
        found = measure(rows)
        assert found.threshold == shipped()[embedder.id][aspect]
        if aspect is Aspect.BOTH:
            assert wilson(*found.found)[0] > 0.6
