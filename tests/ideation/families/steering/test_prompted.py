from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import ModelOutputError, UserError
from ideation.families.steering.bit_flip import SPARK, BitFlipArm
from ideation.families.steering.personas import PersonaArm, ordinary_people
from ideation.families.steering.two_phase import TwoPhaseArm
from ideation.muse import ListRequest, Shape
from tests.ideation.families.search.papers import TOPIC, CannedMuse, desk, idea_text


async def test_2_3_the_first_phase_sees_the_topic_alone_and_the_second_its_list() -> None:
    muse = CannedMuse(texts=lambda request: ("salt shakers", "tears", "kidneys"))
    place = replace(desk(muse), notes="only sunlight may be used")
    found = await TwoPhaseArm(uses=2).run(place, 4)
    assert [request.material for request in muse.listed] == [(TOPIC,)] * 2
    assert all("sunlight" not in request.question for request in muse.listed)
    for request in muse.proposed:
        assert "only sunlight may be used" in request.notes
        assert "salt shakers; tears; kidneys" in request.notes
        assert request.operator is not None
        assert request.sources
    assert found.ideas[0].origin.operators == ("two phases",)
    assert found.measures["lists"] == 2.0


async def test_2_3_where_no_list_comes_both_phases_go_in_one_call() -> None:
    class NoList(CannedMuse):
        async def list(self, request: ListRequest) -> tuple[str, ...]:
            raise ModelOutputError("nothing readable")

    muse = NoList()
    place = desk(muse)
    found = await TwoPhaseArm(uses=3).run(place, 3)
    assert {request.shape for request in muse.proposed} == {Shape.TWO_PHASE}
    assert len(found.ideas) == 3
    assert place.ledger.failures == 1


async def test_2_4_an_idea_without_an_assumption_is_given_up() -> None:
    muse = CannedMuse(
        text=lambda number: replace(idea_text(number), dropped="wear is bad" if number % 2 else " "),
        texts=lambda request: ("wear does the work",),
    )
    found = await BitFlipArm().run(desk(muse), 3)
    assert len(found.ideas) == 3
    assert all(idea.text.dropped == "wear is bad" for idea in found.ideas)
    assert {each.reason for each in found.rejected} == {"names no assumption that it drops"}
    assert {request.shape for request in muse.proposed} == {Shape.BIT_FLIP}
    assert all(idea.notes == (f"{SPARK}wear does the work",) for idea in found.ideas)


async def test_2_4_a_core_of_more_than_six_words_is_asked_for_once_more_and_counted() -> None:
    muse = CannedMuse(
        text=lambda number: replace(idea_text(number), dropped="wear is bad"),
        texts=lambda request: ("this core has seven words in it",),
    )
    place = desk(muse)
    found = await BitFlipArm().run(place, 2)
    assert [idea.notes for idea in found.ideas] == [(), ()]
    assert len(muse.listed) == 4
    assert place.ledger.failures == 2
    assert found.measures["with_spark"] == 0.0


async def test_2_4_offline_every_idea_has_an_assumption_and_a_core() -> None:
    found = await BitFlipArm().run(desk(), 6)
    assert len(found.ideas) == 6
    for idea in found.ideas:
        assert idea.text.dropped
        assert 1 <= len(idea.notes[0].removeprefix(SPARK).split()) <= 6


async def test_2_5_one_persona_a_call_and_each_once_before_any_comes_again() -> None:
    people = ordinary_people()
    assert len(people) == len(set(people)) >= 30
    muse = CannedMuse()
    found = await PersonaArm().run(desk(muse), len(people) + 5)
    told = [request.persona for request in muse.proposed]
    assert set(told) <= set(people)
    assert len(set(told[: len(people)])) == len(people)
    assert all(idea.origin.persona in people for idea in found.ideas)
    assert found.measures["personas_met"] == len(people)


async def test_2_5_two_personas_stand_in_one_prompt_only_when_asked_for() -> None:
    muse = CannedMuse()
    await PersonaArm(personas=("a baker", "a nurse", "a tailor")).run(desk(muse), 6)
    assert all(request.persona in ("a baker", "a nurse", "a tailor") for request in muse.proposed)
    pair = CannedMuse()
    await PersonaArm(personas=("a baker", "a nurse"), together=2).run(desk(pair), 2)
    assert all("a baker" in request.persona and "a nurse" in request.persona for request in pair.proposed)
    with pytest.raises(UserError):
        await PersonaArm(together=0).run(desk(), 1)


def test_2_5_roles_are_ordinary_and_name_no_field_of_science() -> None:
    for person in ordinary_people():
        assert person.startswith(("a ", "an "))
        assert not {"genius", "famous", "Nobel", "machine", "biomarker"} & set(person.split())
