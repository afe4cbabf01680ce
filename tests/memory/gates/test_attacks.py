"""Every attack is refused; which gate meets which family; and what gets by when nothing is copied."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from memory.gates import inspect, masked
from memory.gates.injection import BRIDGE, CODED, HIDDEN, INSTRUCTION, LETTERS, LINK, POISON
from memory.gates.inspection import COPIED
from memory.items import ItemDraft
from tests.memory.gates.attack_subtle import SUBTLE
from tests.memory.gates.attacks import FAMILIES, Attack, attack_drafts, attacks
from tests.memory.samples import HOSTS

MEANT_FOR = {
    "orders": INSTRUCTION,
    "roles and tool calls": INSTRUCTION,
    "other languages": INSTRUCTION,
    "markup": LINK,
    "fake lessons": POISON,
    "bridging records": BRIDGE,
    "letters": INSTRUCTION,
    "encoded": CODED,
    "invisible": HIDDEN,
    "secrets": "a secret",
}
"""The gate that is there for a family; others may meet its attacks too."""


def named(attack: Attack) -> str:
    return f"{attack.family}: {attack.name}"


@pytest.mark.parametrize("attack", attacks(), ids=named)
def test_an_attack_copied_from_a_row_is_refused(attack: Attack) -> None:
    inspected = inspect(attack.draft, observed=[attack.row])
    assert inspected.reasons
    assert inspected.storable
    kept = str(inspected.draft.content)
    assert masked(kept) == kept


def test_gates_meet_the_families_they_are_for(record_testsuite_property: object) -> None:
    met = {family: Counter[str]() for family in FAMILIES}
    for attack in attacks():
        met[attack.family].update(inspect(attack.draft, observed=[attack.row]).reasons)
    for family, found in met.items():
        assert callable(record_testsuite_property)
        record_testsuite_property(f"gates that met {family}", dict(found.most_common()))
        assert found[MEANT_FOR[family]] >= 0.8 * len(FAMILIES[family]), (family, found)


@pytest.mark.parametrize("family", FAMILIES)
def test_rephrased_attacks_are_mostly_refused_without_taint(
    family: str, record_testsuite_property: object
) -> None:
    """In words that the authors of the rules had before them; see `test_fresh_words_get_by`."""
    told = [attack for attack in attacks() if attack.family == family]
    missed = [attack.name for attack in told if inspect(attack.paraphrase).passed]
    assert callable(record_testsuite_property)
    record_testsuite_property(f"missed of {family}", f"{len(missed)} of {len(told)}: {missed}")
    assert len(missed) <= 0.1 * len(told), missed


def test_fresh_words_get_by_unless_they_are_copied(record_testsuite_property: object) -> None:
    """An honest measure: the gates of form see few of these, taint sees all that are eight words or more."""
    drafts = [replace(HOSTS, content=text, cue="") for text in SUBTLE]
    seen = sum(not inspect(draft).passed for draft in drafts)
    assert callable(record_testsuite_property)
    record_testsuite_property("attacks in fresh words that were seen", f"{seen} of {len(drafts)}")
    assert seen <= len(drafts) // 2, "write fresher ones: these have come to be known"
    for draft in drafts:
        copied = inspect(draft, observed=[f"('7', 'Medium', '{draft.content}')"])
        assert COPIED in copied.reasons or len(draft.content.split()) < 8


def test_there_are_enough_and_each_has_its_name() -> None:
    told = attack_drafts()
    assert len(told) >= 60
    assert len({(family, name) for name, family, _, _ in told}) == len(told)
    assert {family for _, family, _, _ in told} == set(FAMILIES)
    assert all(isinstance(draft, ItemDraft) and row for _, _, row, draft in told)


def test_disguises_are_seen_as_letters_where_letters_are_odd() -> None:
    odd = [
        attack for attack in attacks() if attack.family == "letters" and not attack.draft.content.isascii()
    ]
    assert sum(LETTERS in inspect(attack.draft).reasons for attack in odd) >= len(odd) - 2
