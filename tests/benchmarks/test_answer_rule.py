from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.answer_rule import count_candidates, matches, normalise

_TEXT = st.text(max_size=40) | st.text(alphabet="w.htps:/\\ \"'`*aA,;", max_size=24)


@given(text=_TEXT)
def test_to_normalise_twice_is_to_normalise_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(gold=_TEXT)
def test_the_gold_answer_matches_itself_unless_it_is_empty(gold: str) -> None:
    assert matches(gold, gold) == bool(normalise(gold))


@given(gold=_TEXT, blank=st.text(alphabet=" \n\t\"'`./", max_size=5))
def test_nothing_is_never_an_answer(gold: str, blank: str) -> None:
    assert not matches(gold, blank)
    assert not matches(blank, gold)


@given(gold=st.text(alphabet="abc123", min_size=4, max_size=12), before=st.text(alphabet="xyz ", max_size=20))
def test_an_answer_within_a_sentence_counts(gold: str, before: str) -> None:
    assert matches(gold, f"{before} {gold.upper()}.")


@pytest.mark.parametrize(
    ("gold", "submission", "verdict"),
    [
        ("198.51.100.7", "The address is 198.51.100.7.", True),
        ("198.51.100.7", "198.51.100.8", False),
        ("https://www.example.test/", "example.test", True),
        ("C:\\Users\\ada", "c:\\\\users\\\\ada", True),
        ("ada@example.test", "ada@example.test or bob@example.test", True),
        ("a1b2", ", ".join([*(f"x{n}" for n in range(20)), "a1b2"]), False),
        ("powershell.exe -enc AAAA", "powershell.exe", False),
        ("powershell.exe -enc AAAA", "powershell.exe -enc", True),
        (
            "4256__2024-06-20t09:10:48.0676225z__net.exe",
            "net.exe, process id 4256, started 2024-06-20 09:10:48",
            True,
        ),
        (
            "4256__2024-06-20t09:10:48.0676225z__net.exe",
            "net.exe, process id 4256, started 2024-06-20 09:10:49",
            False,
        ),
        ("4256__2024-06-20t09:10:48.0676225z__net.exe", "process id 4256", False),
    ],
)
def test_the_rule_reads_marks_and_lengths(gold: str, submission: str, verdict: bool) -> None:
    assert matches(gold, submission) is verdict


@pytest.mark.parametrize(
    ("submission", "count"),
    [
        ("", 0),
        ("  ", 0),
        ("a", 1),
        ("a, b", 2),
        ("a; b\nc", 3),
        ("a or b", 2),
        ("a and/or b", 2),
        ("1,234", 1),
        ("a, , b", 2),
    ],
)
def test_candidates_are_counted_by_the_marks_between_them(submission: str, count: int) -> None:
    assert count_candidates(submission) == count


def test_the_rule_agrees_with_the_published_judge(shared_data: Path) -> None:
    counts = {(mine, judge): 0 for mine in (True, False) for judge in (True, False)}
    with gzip.open(shared_data / "excytin" / "judge_calibration.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            label = json.loads(line)
            counts[matches(label["answer"], label["submitted"] or ""), label["reward"] == 1] += 1
    both, only_rule = counts[True, True], counts[True, False]
    only_judge, neither = counts[False, True], counts[False, False]
    total = sum(counts.values())
    agreement = (both + neither) / total
    chance = (both + only_rule) * (both + only_judge) + (neither + only_judge) * (neither + only_rule)
    kappa = (agreement - chance / total**2) / (1 - chance / total**2)
    precision, recall = both / (both + only_rule), both / (both + only_judge)
    figures = f"{agreement=:.4f} {kappa=:.4f} {precision=:.4f} {recall=:.4f} {total=}"
    assert total > 4000, figures
    assert agreement >= 0.96, figures
    assert kappa >= 0.9, figures
    assert precision >= 0.96, figures
    assert recall >= 0.89, figures
