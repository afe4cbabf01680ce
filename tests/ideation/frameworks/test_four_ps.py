from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import UserError
from ideation.frameworks.boden import Level
from ideation.frameworks.four_ps import FourPs, record, records
from ideation.idea import IdeaId
from tests.ideation.novelty.papers import KNOWN, idea

SCORES = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=8),
    st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
)


def test_9_3_the_record_holds_all_four_and_nothing_else() -> None:
    parent = idea(KNOWN)
    child = idea(
        KNOWN, number=1, papers=["p1"], persona="a sailor", constraints=["no metal"], parents=[parent]
    )
    found = record(child, {"novelty": 4.0, "feasibility": None}, Level.EXPLORATORY)
    assert found.person.model == "offline"
    assert (found.process.lever, found.process.parents) == ("facets", (parent.id,))
    assert (found.press.papers, found.press.persona) == (("p1",), "a sailor")
    assert (found.product.id, found.product.level) == (child.id, Level.EXPLORATORY)
    assert found.product.scores == {"novelty": 4.0, "feasibility": None}
    assert set(FourPs.model_fields) == {"person", "process", "press", "product"}


@given(SCORES, st.sampled_from(Level), st.text(max_size=30))
def test_9_3_a_record_is_read_back_as_it_was_written(
    scores: dict[str, float | None], level: Level, persona: str
) -> None:
    found = record(idea(KNOWN, papers=["p1"], persona=persona), scores, level)
    assert FourPs.model_validate_json(found.model_dump_json()) == found


def test_9_3_a_foreign_field_or_a_wrong_type_is_refused() -> None:
    raw = record(idea(KNOWN), {}).model_dump(mode="json")
    with pytest.raises(ValidationError, match="mood"):
        FourPs.model_validate({**raw, "mood": "good"})
    with pytest.raises(ValidationError, match="round"):
        FourPs.model_validate({**raw, "process": {**raw["process"], "round": "two"}})


def test_9_3_what_does_not_fit_is_told_by_idea_and_field_and_the_others_are_kept() -> None:
    good = idea(KNOWN)
    nameless = replace(idea(KNOWN, number=1), origin=replace(good.origin, model=" "))
    torn = replace(
        idea(KNOWN, number=2, papers=["p1"]),
        origin=replace(idea(KNOWN, papers=["p1"]).origin, without_papers=True),
    )
    own = replace(idea(KNOWN, number=3), parents=(idea(KNOWN, number=3).id,))
    found = records([good, nameless, torn, own], {good.id: {"novelty": 3.0}}, {good.id: Level.NONE})
    assert [each.product.id for each in found.records] == [good.id]
    assert [fault.split(",")[0] for fault in found.faults] == [
        f"idea {each.id}" for each in (nameless, torn, own)
    ]
    assert "person.model" in found.faults[0]
    with pytest.raises(UserError, match="novelty"):
        record(good, {"novelty": math.nan})


def test_9_3_an_idea_without_scores_has_a_record() -> None:
    found = records([idea(KNOWN)], {IdeaId("other"): {"novelty": 1.0}})
    assert found.faults == ()
    assert found.records[0].product.scores == {}
