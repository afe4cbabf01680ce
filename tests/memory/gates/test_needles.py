"""A rule that is not asked since no needle of it is there would not have met the text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.gates.bridging import BRIDGING
from memory.gates.instructions import COMMANDS, ROLES
from memory.gates.languages import LANGUAGES
from memory.gates.markup import MARKUP
from memory.gates.needles import needles
from memory.gates.poisoning import POISONING
from memory.gates.rules import Rule, Rules, lower
from tests.memory.gates.attacks import attacks

SETS = {
    "roles": ROLES,
    "commands": COMMANDS,
    "poisoning": POISONING,
    "bridging": BRIDGING,
    "markup": MARKUP,
    "languages": LANGUAGES,
}
RULES = [rule for rules in SETS.values() for rule in rules]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"ignore (?:all|any) rules?", {"ignore a"}),
        (r"\b(?:mark|label) it", {"mark", "label"}),
        (r"(?:benign|safe)?", None),
        (r"[a-z]+\d", None),
        (r"(?:never){2,3}x", {"never"}),
        (r"a|report", None),
        (r"\bx{0,3}submit\[", {"submit["}),
    ],
)
def test_what_every_match_holds(pattern: str, expected: set[str] | None) -> None:
    assert needles(pattern) == (None if expected is None else frozenset(expected))


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_every_text_that_a_rule_finds_holds_a_needle_of_it(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(RULES))
    text = data.draw(st.from_regex(rule.pattern))
    assert rule.needles is None or any(needle in text for needle in rule.needles)


def test_the_sets_meet_what_their_rules_meet() -> None:
    met = 0
    for attack in attacks():
        for text in (attack.draft.content, attack.paraphrase.content, attack.draft.boundary):
            for rules in SETS.values():
                alone = any(rule.meets(text) for rule in rules)
                assert rules.meet(text) == alone
                met += alone
    assert met > 100


def test_most_rules_can_be_passed_over() -> None:
    assert sum(rule.needles is None for rule in RULES) <= len(RULES) // 8


def test_a_rule_without_a_needle_is_always_asked() -> None:
    digits = Rule(pattern=re.compile(r"\d{3}"))
    assert digits.needles is None
    assert Rules(digits).meet(lower("Code 123"))
