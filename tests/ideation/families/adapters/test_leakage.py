from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adapters import SftExample, Turn
from core.errors import UserError
from ideation.corpus.dates import Cutoff, Published
from ideation.families.adapters.creativity import Terms
from ideation.families.adapters.leakage import LeakageGuard
from ideation.families.adapters.preferences import crpo_pairs, export_preferences
from ideation.families.adapters.sft import export_sft
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.families.adapters.made import candidate
from tests.ideation.families.agents.papers import SOURCES, TOPIC, text

CUTOFF = Cutoff.parse("2021-01-01")
DATES = {source.paper: Published(year=2019 + number) for number, source in enumerate(SOURCES)}
TITLES = {source.paper: source.title for source in SOURCES}
EARLY, LATE = SOURCES[:2], SOURCES[2:]
GUARD = LeakageGuard(cutoff=CUTOFF, published=DATES, titles=TITLES)


@pytest.mark.parametrize(
    ("topic", "kept", "same"),
    [
        (TOPIC, TOPIC, True),
        (TOPIC.upper() + "?", TOPIC, True),
        ("Desalination methods that use little energy", TOPIC, True),
        ("catalysts for fuel cells", "better fuel cell catalyst", True),
        ("graphene membranes for batteries", "Graphene", True),
        ("how ants share loads", TOPIC, False),
        ("energy markets", TOPIC, False),
        ("mapping of sea floors", "solar cells that last", False),
        ("水の淡水化", "水の淡水化", True),
        ("of the", "for a", False),
    ],
)
def test_5_8_a_topic_kept_for_evaluation_does_not_come_out(topic: str, kept: str, same: bool) -> None:
    made = candidate(1, topic=topic)
    export = export_sft([made], guard=LeakageGuard(evaluation_topics=("a b c", kept)))
    assert (len(export.left_out) == 1) is same
    if same:
        assert "kept for evaluation" in export.left_out[0].reason


def test_5_8_a_kept_topic_is_found_in_the_idea_and_in_its_papers() -> None:
    guard = LeakageGuard(evaluation_topics=("dynamic boronic bonds", "pumps lost"))
    assert "evaluation" in str(guard.fault(candidate(1)))
    assert guard.fault(candidate(1, background=SOURCES[3:5])) is None
    said = candidate(1, text(1, "It uses Dynamic, boronic BONDS throughout."), background=())
    assert "evaluation" in str(guard.fault(said))


def test_5_8_a_paper_from_after_the_cutoff_does_not_come_out_however_it_is_named() -> None:
    assert GUARD.fault(candidate(1, background=EARLY)) is None
    by = {
        "shown": candidate(1, background=(*EARLY, LATE[0])),
        "cited": candidate(1, text(1, f"As in [{LATE[0].paper}], pull."), background=EARLY),
        "titled": candidate(1, text(1, "Like ANTS that share  loads, pull."), background=EARLY),
        "unknown": candidate(1, text(1, "As in [p00ff00ff00ff00ff], pull."), background=EARLY),
    }
    for how, made in by.items():
        fault = GUARD.fault(made)
        assert fault is not None, how
        assert "cutoff" in fault
    used = candidate(1, background=EARLY)
    used = replace(used, idea=replace(used.idea, origin=replace(used.idea.origin, papers=(LATE[1].paper,))))
    assert "cutoff" in str(GUARD.fault(used))


def test_5_8_a_paper_without_a_date_is_late_and_without_a_cutoff_nothing_is() -> None:
    undated = LeakageGuard(cutoff=CUTOFF, published={each.paper: None for each in SOURCES})
    assert undated.fault(candidate(1))
    assert LeakageGuard(published=DATES).fault(candidate(1, background=SOURCES)) is None


@given(st.lists(st.integers(0, len(SOURCES) - 1), max_size=4), st.booleans())
def test_5_8_no_late_paper_is_in_any_line_of_any_export(places: list[int], cite: bool) -> None:
    shown = tuple(SOURCES[place] for place in dict.fromkeys(places))
    words = text(1, f"Build on [{shown[-1].paper}] as it is." if cite and shown else "")
    made = [candidate(1, words, background=shown, quality=2.0), candidate(2, quality=1.0)]
    pairs = crpo_pairs(made, LexicalEmbedder(64), [], weights=Terms(novelty=0, diversity=0, surprise=0))
    lines = [
        each.model_dump_json()
        for export in (export_sft(made, guard=GUARD), export_preferences(pairs, guard=GUARD))
        for each in export.examples
    ]
    late = any(each in LATE for each in shown)
    assert len(lines) == (1 if late else 3)
    for paper in LATE:
        assert not any(paper.abstract in line or f"[{paper.paper}]" in line for line in lines)


def test_5_8_the_last_look_is_at_the_lines_themselves() -> None:
    example = SftExample(
        messages=(Turn(role="user", content="x"), Turn(role="assistant", content="Ants that share loads."))
    )
    with pytest.raises(UserError, match=r"example 1 may not be exported: it names p4"):
        GUARD.check([example])
    LeakageGuard().check([example])
