from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from benchmarks.excytin.conformance import Replayed, conformance, kind_of
from core.errors import UserError

Log = Callable[[Sequence[tuple[str, str]]], None]

SYNTAX = (
    "ProgrammingError: You have an error in your SQL syntax; check the manual that corresponds to your MySQL "
    "server version for the right syntax to use near '{}' at line {}"
)


def test_shares_and_counts_of_what_can_be_compared(data_dir: Path, tmp_path: Path, log: Log) -> None:
    log(
        [
            ("SELECT Team FROM People WHERE AccountName = 'ADA'", "[('red',)]"),
            ("SELECT AccountName FROM People", "[('bob',), ('ada',)]"),
            ("SELECT Team FROM People WHERE Team = 'x'", "[('red',)]"),
            ("SELECT nope FROM People", "ProgrammingError: Unknown column 'nope' in 'field list'"),
            ("SELECT x FROM y ILIKE z", SYNTAX.format("\nILIKE\nz", 2)),
            ("DESCRIBE Hosts", "[('HostName', 'text', 'YES', '', None, '')]"),
            ("SELECT HostName FROM Hosts", "[('rows of it are not known',)]"),
            ("SELECT Team FROM People, Hosts", "[('nor here',)]"),
            ("SELECT 1 FROM People", "DatabaseError: Commands out of sync; you can't run this command now"),
            ("-- folded SELECT Team FROM People", "[('red',)]"),
        ]
    )
    report = conformance(data_dir, tmp_path / "cache")
    assert (report.statements, report.comparable) == (10, 6)
    assert (report.same_class_count, report.same_class) == (5, pytest.approx(5 / 6))
    assert (report.same_text_count, report.same_text) == (4, pytest.approx(4 / 6))
    assert {kind: part.comparable for kind, part in report.by_kind.items()} == {
        "rows": 4,
        "unknown column": 1,
        "syntax": 1,
    }
    assert report.by_kind["rows"].same_class == pytest.approx(3 / 4)


def test_a_limit_takes_statements_from_the_whole_log(data_dir: Path, tmp_path: Path, log: Log) -> None:
    log([("SHOW TABLES", "[('People',)]")] * 50 + [("SHOW TABLES", "[]")] * 50)
    report = conformance(data_dir, tmp_path / "cache", limit=10)
    assert (report.statements, set(report.by_kind)) == (10, {"rows", "empty"})


def test_nothing_to_compare_has_no_share(data_dir: Path, tmp_path: Path, log: Log) -> None:
    log([("SELECT HostName FROM Hosts", "[('x',)]")])
    report = conformance(data_dir, tmp_path / "cache", incidents=[7])
    assert (report.statements, report.comparable, report.same_class, report.same_text) == (1, 0, None, None)


def test_a_missing_or_cut_log_is_told_in_one_line(data_dir: Path, tmp_path: Path, log: Log) -> None:
    with pytest.raises(UserError, match="is missing"):
        conformance(data_dir, tmp_path / "cache")
    log([("SHOW TABLES", "[]")])
    path = data_dir / "replay_cache" / "incident_7.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(UserError, match="is damaged"):
        conformance(data_dir, tmp_path / "cache")


@pytest.mark.parametrize(
    ("observation", "kind"),
    [
        ("[]", "empty"),
        ("[('x',)]", "rows"),
        ("Retrieved 16 entries. Displaying first 15 entries.\n[]", "rows"),
        ("ProgrammingError: Unknown column 'a' in 'field list'", "unknown column"),
        ("ProgrammingError: Table 'env_monitor_db.a' doesn't exist", "unknown table"),
        (SYNTAX.format("x", 1), "syntax"),
        (
            "DatabaseError: Query execution was interrupted, maximum statement execution time exceeded",
            "time limit",
        ),
        ("InternalError: something else", "other error"),
    ],
)
def test_an_observation_has_a_kind(observation: str, kind: str) -> None:
    assert kind_of(observation) == kind


@pytest.mark.parametrize(
    ("logged", "answered", "same"),
    [
        (SYNTAX.format("a\n b", 3), SYNTAX.format("a b", 1), True),
        (SYNTAX.format("a\n   b", 3), SYNTAX.format("a b and the rest", 1), True),
        (SYNTAX.format("a", 1), SYNTAX.format("b", 1), False),
        (SYNTAX.format("", 1), SYNTAX.format("b", 1), False),
        ("[('a',)]", "[('a',), ('b',)]", False),
    ],
)
def test_near_texts_agree_but_for_the_folding_of_the_log(logged: str, answered: str, same: bool) -> None:
    one = Replayed(
        sql="", logged=logged, answered=answered, logged_kind=kind_of(logged), answered_kind=kind_of(answered)
    )
    assert one.same_text is same


def test_the_engine_answers_as_the_server_did(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    report = conformance(shared_data / "excytin", cache, incidents=[38, 322], limit=1500)
    figures = f"{report.comparable=} {report.same_class=} {report.same_text=} {report.by_kind=}"
    assert report.comparable > 1000, figures
    assert report.same_class is not None, figures
    assert report.same_class >= 0.995, figures
    assert report.same_text is not None, figures
    assert report.same_text >= 0.95, figures


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_engine_answers_as_the_server_did_to_all_statements(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    report = conformance(shared_data / "excytin", tmp_path_factory.mktemp("cache"))
    assert report.comparable > 35_000
    assert report.same_class is not None
    assert report.same_class >= 0.998
    assert report.same_text is not None
    assert report.same_text >= 0.975
