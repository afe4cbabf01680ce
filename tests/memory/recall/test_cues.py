from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.library import PamphletLibrary
from memory.recall.cues import MOST_WORDS, cue_alternatives, cue_contradicts, cue_key, cues_in
from tests.memory.samples import HOSTS, ask, task

WORDS = st.lists(st.from_regex(r"[a-z]{4,9}", fullmatch=True), min_size=1, max_size=MOST_WORDS)
EGGS = "Whisk the egg whites"


def test_a_cue_has_phrases_or_a_pattern() -> None:
    assert cue_alternatives("Answer_type:IP,  sign-in  address.") == {"answer_type:ip", "sign-in address"}
    assert cue_alternatives(r"re:from which (ip|host)") == frozenset()


def test_a_cue_contradicts_where_it_names_another_value_of_the_same_property() -> None:
    cue = cue_alternatives("answer_type:ip, sign-in")
    assert cue_contradicts(cue, frozenset({"answer_type:host"}))
    assert not cue_contradicts(cue, frozenset({"answer_type:ip"}))
    assert not cue_contradicts(cue, frozenset({"weather"}))
    assert not cue_contradicts(frozenset(), frozenset({"answer_type:host"}))


@given(WORDS, WORDS, WORDS)
def test_a_phrase_answers_wherever_it_stands_word_by_word(
    before: list[str], phrase: list[str], behind: list[str]
) -> None:
    text = f"{' '.join(before)} ({' '.join(phrase).upper()}), {' '.join(behind)}?"
    assert cue_key(" ".join(phrase)) in cues_in(text)
    assert cue_key("".join(phrase) + "x") not in cues_in(text)


@pytest.mark.parametrize(
    ("cue", "text", "answers"),
    [
        ("egg white", f"{EGGS}.", True),
        ("eggs, flour", f"{EGGS}.", True),
        ("egg whites, cold", "Whisk the egg.", False),
        ("gg", f"{EGGS}.", False),
        ("the", f"{EGGS}.", False),
        ("sign-in", "Who made the first sign-ins?", True),
        ("DeviceInfo", "Look into deviceinfo.", True),
        ("entity:ip", f"{EGGS} from 203.0.113.9.", True),
        ("entity:email", f"{EGGS}, ann@example.org", True),
        ("entity:url", f"{EGGS} of https://example.org/a", True),
        ("entity:ip", f"{EGGS} of https://example.org/a", False),
        ("", f"{EGGS}.", False),
    ],
)
def test_a_cue_is_looked_for_in_the_task(
    private_library: PamphletLibrary, cue: str, text: str, answers: bool
) -> None:
    private_library.learn([replace(HOSTS, cue=cue)], task(1))
    (each,) = private_library.explain(ask(text)).considered or (None,)
    assert (each is not None and each.hit.cue == 1.0) is answers


def test_what_a_text_lacks_contradicts_no_cue(private_library: PamphletLibrary) -> None:
    private_library.learn([replace(HOSTS, cue="entity:ip")], task(1))
    assert private_library.recall(ask(f"{HOSTS.content} ann@example.org")).hits
