"""The record of calls: in the order of their plan, exact through a file, and loud about bad lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StorageError, UserError
from ideation.ranking.match_file import MatchFile
from ideation.ranking.match_log import Axis, Match, MatchLog, Verdict, tally
from tests.ideation.ranking.samples import AXIS, match

MATCHES = st.builds(
    Match,
    axis=st.sampled_from(list(Axis)),
    first=st.text(max_size=5).map("a".__add__),
    second=st.text(max_size=5).map("b".__add__),
    verdict=st.sampled_from(list(Verdict)),
    judge=st.text(max_size=5),
    pairing=st.integers(0, 99),
    seed=st.integers(0, 2**31),
    round=st.integers(0, 9),
    swapped=st.booleans(),
    retry=st.booleans(),
    reason=st.text(max_size=20),
)


@given(st.lists(MATCHES, max_size=8, unique_by=lambda match: match.key))
def test_7_1_a_log_comes_back_as_it_was_in_any_order_of_answers(matches: list[Match]) -> None:
    log = MatchLog(matches)
    assert MatchLog.from_jsonl(log.to_jsonl()).to_jsonl() == log.to_jsonl()
    assert MatchLog(reversed(matches)).to_jsonl() == log.to_jsonl()
    assert [match.key for match in log] == sorted(match.key for match in matches)


def test_a_call_stands_there_once() -> None:
    with pytest.raises(ValueError, match="already"):
        MatchLog([match("a", "b"), match("b", "a")])


@pytest.mark.parametrize(
    "line",
    ["[]", "{}", "no", MatchLog([match("a", "b")]).to_jsonl().replace('"first": "a"', '"first": "b"')],
)
def test_bad_lines_are_named(line: str) -> None:
    good = MatchLog([match("a", "b", pairing=7)]).to_jsonl()
    with pytest.raises(UserError, match="line 2"):
        MatchLog.from_jsonl(good + line)


def test_a_file_keeps_every_call_and_refuses_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    file = MatchFile(path)
    file.append(match("a", "b", pairing=1))
    file.append(match("a", "c", pairing=0))
    assert [each.pairing for each in MatchFile(path)] == [0, 1]
    path.write_bytes(b"\xff\n")
    with pytest.raises(UserError, match="UTF-8"):
        MatchFile(path)
    with pytest.raises(StorageError):
        MatchFile(tmp_path)


def test_7_3_an_abstention_is_not_in_the_tally() -> None:
    calls = [match("a", "b", verdict, at) for at, verdict in enumerate(Verdict)]
    counted = tally(["a", "b"], calls)
    assert counted.side.tolist() == [1.0, -1.0, 0.0]
    assert counted.points().tolist() == [1.5, 1.5]


def test_a_tally_is_of_one_axis_and_of_known_ideas() -> None:
    with pytest.raises(ValueError, match="one axis"):
        tally(["a", "b"], [match("a", "b"), replace(match("a", "b"), axis=Axis.CLARITY)])
    with pytest.raises(ValueError, match="unknown ideas: b"):
        tally(["a", "c"], [match("a", "b")])
    with pytest.raises(ValueError, match="twice"):
        tally(["a", "a"], [])
    with pytest.raises(ValueError, match="meet itself"):
        match("a", "a")
    with pytest.raises(ValueError, match="no verdict"):
        replace(match("a", "b"), fault="down")
    assert MatchLog([match("a", "b")]).on(AXIS)[0].pair == ("a", "b")
