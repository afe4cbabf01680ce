from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.items import ItemId
from memory.recall.section import Section
from tests.memory.recall.entries import make_entry, unit

CHANGES = st.lists(
    st.tuples(st.sampled_from(["put", "remove"]), st.integers(0, 9), st.integers(0, 4)), max_size=60
)
TEXTS = ["host labels", "mail senders", "host mail", "sign-in addresses", "alert labels"]
DIRECTIONS = [unit(1, 0, 0), unit(0, 1, 0), unit(0, 0, 1), unit(1, 1, 0), unit(1, 1, 1)]


def built(changes: list[tuple[str, int, int]]) -> tuple[Section, dict[str, int]]:
    section, kept = Section(3), {}
    for verb, name, text in changes:
        if verb == "put":
            section.put(make_entry(f"it_{name}", TEXTS[text], TEXTS[text], DIRECTIONS[text], name))
            kept[f"it_{name}"] = text
        else:
            section.remove(ItemId(f"it_{name}"))
            kept.pop(f"it_{name}", None)
    return section, kept


@settings(max_examples=60)
@given(CHANGES)
def test_a_section_that_changed_is_as_one_that_was_made_anew(changes: list[tuple[str, int, int]]) -> None:
    section, kept = built(changes)
    fresh = Section(3)
    for name, text in kept.items():
        fresh.put(make_entry(name, TEXTS[text], TEXTS[text], DIRECTIONS[text], int(name[3:])))
    assert set(section.entries) == set(kept) == set(fresh.entries)
    assert section.length == fresh.length
    for word in ("host", "label", "mail", "sender", "alert", "sign", "addresse"):
        assert section.spread(word) == fresh.spread(word)
    for direction in DIRECTIONS:
        for limit in (1, 3, 20):
            ours = [entry.item.id for entry in section.nearest(direction, limit)]
            assert ours == [entry.item.id for entry in fresh.nearest(direction, limit)]
    cues = {"host label", "mail sender"}
    assert [e.item.id for e in section.cued(cues, "")] == [e.item.id for e in fresh.cued(cues, "")]
    assert {e.item.id for e in section.numbered(range(10))} == set(kept)


def test_the_nearest_are_exact_and_grow_past_the_first_slots() -> None:
    chance = np.random.default_rng(3)
    vectors = chance.normal(size=(200, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    section = Section(8)
    for number, vector in enumerate(vectors):
        section.put(make_entry(f"it_{number:03}", vector=vector, number=number))
    wanted = np.argsort(-(vectors @ vectors[7]))[:10]
    assert [entry.number for entry in section.nearest(vectors[7], 10)] == wanted.tolist()


def test_a_pattern_is_searched_whatever_its_case_and_a_broken_one_is_passed_over() -> None:
    section = Section(3)
    section.put(make_entry("it_a", cue=r"re:from which (ip|host)"))
    section.put(make_entry("it_b", cue="re:("))
    assert [entry.item.id for entry in section.cued(set(), "From WHICH host?")] == ["it_a"]
    assert section.cued(set(), "whence?") == []


def test_an_entry_without_a_vector_waits_for_one() -> None:
    section = Section(3)
    section.put(make_entry("it_a"))
    assert section.unembedded == {"it_a"}
    section.put(make_entry("it_a", vector=unit(1, 0, 0)))
    assert section.unembedded == set()
