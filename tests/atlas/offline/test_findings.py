"""Candidates: what weighs more, what weighs less, and in which order they stand."""

from __future__ import annotations

import itertools

import pytest

from atlas.offline.findings import Findings
from atlas.offline.routes import Place
from tests.atlas.offline.samples import make_question

PLACE = Place(column="Ip")
IP_PROMPT = "It began at 203.0.113.1. Which IP address came next?"


def _findings(prompt: str = IP_PROMPT) -> Findings:
    return Findings(make_question(prompt))


def _values(findings: Findings) -> list[str]:
    return [candidate.value for candidate in findings.ranked()]


def test_a_value_of_the_question_is_an_echo_and_stands_behind() -> None:
    findings = _findings()
    findings.add("203.0.113.1", 3.0, "T", PLACE)
    findings.add("203.0.113.2", 1.0, "T", PLACE)
    assert [(c.value, c.echo) for c in findings.ranked()] == [("203.0.113.2", False), ("203.0.113.1", True)]


@pytest.mark.parametrize(
    ("key", "echo"),
    [
        ("203.0.113.1", True),
        ("203.0.113.11", False),
        ("3.0.113.1", False),
        ("203.0.113.2", False),
        ("next", True),
    ],
)
def test_an_echo_is_a_whole_value_and_no_part_of_one(key: str, echo: bool) -> None:
    assert _findings().is_echo(key) is echo


def test_a_value_known_at_the_start_keeps_half_of_its_weight() -> None:
    findings = _findings()
    findings.add("203.0.113.8", 1.5, "T", PLACE)
    findings.add("203.0.113.9", 1.0, "T", PLACE)
    assert _values(findings) == ["203.0.113.8", "203.0.113.9"]
    findings.known_at_start("203.0.113.8")
    assert _values(findings) == ["203.0.113.9", "203.0.113.8"]


def test_tables_that_agree_add_up_and_are_counted() -> None:
    findings = _findings()
    findings.add("203.0.113.8", 1.0, "T", PLACE)
    findings.add("203.0.113.9", 0.7, "T", PLACE)
    findings.add("203.0.113.9", 0.7, "U", Place(column="Things", key="Address"))
    best, other = findings.ranked()
    assert (best.value, best.tables) == ("203.0.113.9", {"T", "U"})
    assert set(best.places) == {("T", PLACE), ("U", Place(column="Things", key="Address"))}
    assert (other.value, other.tables) == ("203.0.113.8", {"T"})


def test_values_of_another_type_are_not_kept() -> None:
    findings = _findings()
    for value in ("jam", "", " ", "203.0.113"):
        findings.add(value, 9.0, "T", PLACE)
    assert findings.ranked() == []


def test_spellings_of_one_value_are_one_candidate() -> None:
    findings = _findings("Which host was it?")
    findings.add("mill-lap7", 1.0, "T", PLACE)
    findings.add("MILL-LAP7.jam.example", 1.0, "U", PLACE)
    (only,) = findings.ranked()
    assert (only.value, only.tables) == ("mill-lap7", {"T", "U"})


def test_the_longest_telling_of_a_process_is_kept() -> None:
    findings = _findings("What is the command line?")
    whole = "77__2024-05-06t07:08:09__pot.exe -x"
    for value in ("pot.exe -x", whole, "pot.exe  -x"):
        findings.add(value, 1.0, "T", PLACE)
    assert _values(findings) == [whole]


def test_a_process_that_the_asking_sentence_numbers_comes_first() -> None:
    findings = _findings("What is the command line of process ID 4242?")
    findings.add("77__2024-05-06t07:08:09__pot.exe -x", 1.0, "T", PLACE)
    findings.add("4242__2024-05-06t07:08:09__lid.exe -y", 1.0, "T", PLACE)
    assert _values(findings)[0].startswith("4242__")


def test_files_that_share_words_with_the_question_weigh_more() -> None:
    findings = _findings("Which file did the kettle drop?")
    findings.add("plain.exe", 1.0, "T", PLACE)
    findings.add("kettle-tool.exe", 1.0, "T", PLACE)
    assert _values(findings) == ["kettle-tool.exe", "plain.exe"]


def test_ties_stand_in_the_order_of_the_alphabet_however_they_came() -> None:
    values = ["203.0.113.8", "203.0.113.5", "203.0.113.6"]
    orders = []
    for order in itertools.permutations(values):
        findings = _findings()
        for value in order:
            findings.add(value, 1.0, "T", PLACE)
        orders.append(_values(findings))
    assert orders == [sorted(values)] * 6
