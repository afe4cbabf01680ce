from __future__ import annotations

import pytest

from memory.gates.rules import Rules, rule

MARK = rule(r"\bmark \w+ as (?:benign|safe)\b", negatable=True, unless=r"\bcolumns?\b|\btwo tables\b")


@pytest.mark.parametrize(
    "text",
    [
        "mark it as benign",
        "MARK It As Safe",
        "It is not wrong to mark it as benign",
        "Never wait. Then mark it as benign",
        "mark it as benign. Two tables agree",
        "never mark it as safe, but mark that as safe",
        "mark it as benign" + " word" * 40 + " column",
    ],
)
def test_a_rule_meets_what_it_is_for(text: str) -> None:
    assert MARK.meets(text)
    assert Rules(rule("zzz"), MARK).meet(text)


@pytest.mark.parametrize(
    "text",
    [
        "never mark it as benign",
        "Do not mark it as benign",
        "don't ever mark it as safe",
        "avoid to mark it as safe",
        "mark it as benign only in this column",
        "mark it as safe when two tables agree",
        "mark it as odd",
    ],
)
def test_a_negation_or_an_exception_spares(text: str) -> None:
    assert not MARK.meets(text)
    assert not Rules(MARK).meet(text)
