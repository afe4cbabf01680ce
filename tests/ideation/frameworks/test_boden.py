from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ProviderError
from ideation.frameworks.boden import LEVELS, Evidence, Level, Tag, tag
from ideation.idea import IdeaText
from ideation.muse import ProposeRequest, Shape
from ideation.muses.offline import OfflineMuse
from tests.ideation.novelty.papers import KNOWN, TOPIC, CannedMuse, SmallLibrary, idea

LIBRARY = SmallLibrary()
MODEL = "canned/one"
BOTH = replace(
    KNOWN,
    mechanism="A wavelet filter bank hears the strain, then dynamic boronic bonds reform after rupture.",
)
FLIPPED = replace(
    KNOWN,
    dropped="That hydrogel membranes must never tear while they work.",
    consequence="Membranes a tenth as thick become usable because tears mend themselves.",
)


async def level(text: IdeaText, **changes: object) -> Level:
    return (await tag(idea(text, **changes), LIBRARY, topic=TOPIC)).level  # type: ignore[arg-type]


async def test_9_1_combinatorial_needs_words_of_two_sources() -> None:
    assert await level(BOTH, papers=["p1", "p2"]) is Level.COMBINATORIAL
    assert await level(KNOWN, papers=["p1", "p2"]) is Level.NONE, "p2 was shown and left no trace"
    assert await level(BOTH, papers=["p1"]) is Level.NONE
    assert await level(BOTH, papers=["p1", "p99"]) is Level.NONE, "p99 is not in the library"
    found = await tag(idea(BOTH, papers=["p1", "p2"]), LIBRARY)
    assert [each.paper for each in found.evidence] == ["p1", "p2"]
    assert all("“" in each.what for each in found.evidence)


async def test_9_1_two_parents_are_two_sources_where_both_left_words() -> None:
    one, other = idea(KNOWN), idea(replace(BOTH, problem="Wind drowns acoustic surveys."), number=1)
    child = idea(BOTH, number=2, parents=[one, other])
    known = {one.id: one, other.id: other}
    assert (await tag(child, LIBRARY, known=known)).level is Level.COMBINATORIAL
    assert (await tag(child, LIBRARY)).level is Level.NONE


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("boronic bonds", Level.EXPLORATORY),
        ("material: boronic bonds, medium: sea ice", Level.NONE),
        ("without wavelet filters", Level.EXPLORATORY),
        ("without boronic bonds", Level.NONE),
        ("agent: boronic bonds", Level.EXPLORATORY),
        ("agent: boronic bonds|place: sea ice", Level.EXPLORATORY),
        ("agent: boronic bonds|place: sea ice|tool: radar", Level.NONE),
        ("not wavelet filters|not boronic bonds", Level.NONE),
        ("", Level.NONE),
    ],
)
async def test_9_1_exploratory_needs_a_constraint_that_the_text_keeps_to(
    constraint: str, expected: Level
) -> None:
    text = replace(KNOWN, mechanism="Dynamic boronic bonds reform.")
    assert await level(text, constraints=constraint.split("|")) is expected


async def test_9_1_transformational_needs_an_assumption_of_the_literature_and_a_consequence() -> None:
    found = await tag(idea(FLIPPED, model=MODEL), LIBRARY)
    assert found.level is Level.TRANSFORMATIONAL
    assert found.evidence[-2].paper == "p1"
    for text, words in (
        (replace(FLIPPED, dropped=""), "no assumption"),
        (replace(FLIPPED, consequence=""), "no consequence"),
        (replace(FLIPPED, consequence=FLIPPED.dropped), "says the assumption again"),
        (replace(FLIPPED, dropped="That tides follow from parliament decrees."), "no paper"),
    ):
        lower = await tag(idea(text, model=MODEL, constraints=["boronic bonds"]), LIBRARY)
        assert lower.level is Level.EXPLORATORY, "without its evidence the next lower level stands"
        assert words in lower.missing[Level.TRANSFORMATIONAL]


@pytest.mark.parametrize(
    ("judge", "expected"),
    [
        (CannedMuse(score=5), Level.TRANSFORMATIONAL),
        (CannedMuse(score=3), Level.NONE),
        (CannedMuse(score=None), Level.NONE),
        (CannedMuse(failure=ProviderError("no answer")), Level.NONE),
        (OfflineMuse(), Level.TRANSFORMATIONAL),
    ],
    ids=["grants", "denies", "unsure", "fails", "offline"],
)
async def test_9_1_a_judge_must_hold_that_the_consequence_follows(
    judge: CannedMuse | OfflineMuse, expected: Level
) -> None:
    found = await tag(idea(FLIPPED, model=MODEL), LIBRARY, judge=judge)
    assert found.level is expected
    assert found.by == ("rules" if judge.name == "offline" else judge.name)


async def test_9_1_a_failed_search_gives_no_level() -> None:
    found = await tag(idea(FLIPPED, model=MODEL), SmallLibrary(broken=frozenset({"search"})))
    assert found.level is Level.NONE
    assert "503" in found.missing[Level.TRANSFORMATIONAL]


def test_9_1_no_level_can_be_claimed_without_evidence() -> None:
    lower = Evidence(level=Level.COMBINATORIAL, what="two sources")
    with pytest.raises(ValueError, match="without evidence"):
        Tag(level=Level.TRANSFORMATIONAL, evidence=(lower,))


@given(st.text(max_size=60), st.text(max_size=60), st.lists(st.text(max_size=20), max_size=2))
async def test_9_1_any_text_gets_a_level_that_its_evidence_holds(
    dropped: str, consequence: str, constraints: list[str]
) -> None:
    text = replace(BOTH, dropped=dropped, consequence=consequence)
    found = await tag(idea(text, papers=["p1", "p2"], constraints=constraints), LIBRARY)
    assert found.level in {each.level for each in found.evidence}
    higher = LEVELS[LEVELS.index(found.level) + 1 :]
    assert set(higher) <= set(found.missing)


async def test_9_1_ideas_of_the_offline_muse_are_combinations() -> None:
    sources = tuple(source for paper in LIBRARY.papers() if (source := LIBRARY.get(paper)))
    plain = await OfflineMuse().propose(ProposeRequest(topic=TOPIC, count=6, sources=sources))
    found = [await level(each.text, papers=list(each.papers)) for each in plain.proposals]
    assert found.count(Level.COMBINATORIAL) >= 3
    flips = ProposeRequest(topic=TOPIC, count=4, sources=sources, shape=Shape.BIT_FLIP)
    for each in (await OfflineMuse().propose(flips)).proposals:
        flipped = await tag(idea(each.text, papers=list(each.papers)), LIBRARY)
        assert flipped.level is not Level.TRANSFORMATIONAL
        assert "formula" in flipped.missing[Level.TRANSFORMATIONAL]
    judged = await tag(idea(FLIPPED), LIBRARY, judge=CannedMuse(score=5))
    assert judged.level is Level.TRANSFORMATIONAL
