"""Facts read off episodes: which statement reads what, and where the answer was seen."""

from __future__ import annotations

import pytest

from atlas.offline.evidence import columns_of, described_columns, event_column, read_statement, sightings
from atlas.offline.routes import Place
from tests.atlas.offline.samples import ADDRESS, DECOY, LURED, PASTED, cell, make_episode, make_question, rows

DESCRIBED = ("DESCRIBE Jam", rows(("Title", "text"), ("Ip", "text"), ("Town", "text")))


@pytest.mark.parametrize(
    ("sql", "tables", "columns"),
    [
        ("SELECT Title, Ip FROM Jam", ("Jam",), ("Title", "Ip")),
        ("select distinct `Title` from `Jam`;", ("Jam",), ("Title",)),
        ("SELECT j.Ip AS address FROM store.Jam AS j", ("Jam",), ("Ip",)),
        ("SELECT COUNT(*), MAX(Ip), LOWER(Title) t FROM Jam", ("Jam",), ("", "", "")),
        ("SELECT j.*, Ip FROM Jam j", ("Jam",), ("*", "Ip")),
        ("SELECT a.Ip FROM Jam a JOIN Pot b ON a.Id = b.Id", ("Jam", "Pot"), ("Ip",)),
        ("SELECT x FROM (SELECT Ip AS x FROM Jam) t", ("Jam",), ("",)),
        ("WITH c AS (SELECT Ip AS x FROM Jam) SELECT x FROM c", ("Jam",), ("",)),
    ],
)
def test_a_statement_tells_its_tables_and_its_columns_own_names(
    sql: str, tables: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    statement = read_statement(sql)
    assert statement is not None
    assert (statement.tables, statement.columns) == (tables, columns)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "jam",
        "SHOW TABLES",
        "DESCRIBE Jam",
        "DROP TABLE Jam",
        "SELECT ((((",
        "SELECT 'open",
        "SELECT 1; SELECT 2",
    ],
)
def test_what_is_no_single_select_is_not_read(sql: str) -> None:
    assert read_statement(sql) is None


def test_tests_of_a_statement_are_read_with_their_literals_but_not_when_denied() -> None:
    statement = read_statement(
        "SELECT Ip FROM Jam WHERE a = 'x' AND b IN ('y', 'z') AND c LIKE '%w%' AND d NOT LIKE '%v%' "
        "AND NOT e = 'u' AND f NOT IN ('t') AND g != 's' AND h = i"
    )
    assert statement is not None
    assert statement.equals == (("a", "x"), ("b", "y"), ("b", "z"))
    assert statement.likes == (("c", "%w%"),)


def test_a_star_stands_for_what_was_described() -> None:
    known = {"Jam": ("Title", "Ip")}

    def read(sql: str) -> tuple[str, ...]:
        statement = read_statement(sql)
        assert statement is not None
        return columns_of(statement, known)

    assert read("SELECT * FROM Jam") == ("Title", "Ip")
    assert read("SELECT Town, j.*, Id FROM Jam j") == ("Town", "Title", "Ip", "Id")
    assert read("SELECT Town, p.*, Id FROM Pot p") == ("Town",)
    assert read("SELECT * FROM Jam, Pot") == ()


@pytest.mark.parametrize("verb", ["DESC", "describe", "SHOW COLUMNS FROM", "show full columns from"])
def test_columns_are_known_however_they_were_asked_for(verb: str) -> None:
    episode = make_episode((f" {verb} `Jam` ;", DESCRIBED[1]), ("DESC Pot", "no such table", True))
    assert described_columns(episode) == {"Jam": ("Title", "Ip", "Town")}


def test_the_answer_is_seen_with_the_column_that_names_the_event() -> None:
    (seen,) = sightings(
        make_question(), make_episode(("SELECT Title, Ip FROM Jam", rows((PASTED, ADDRESS)))), ADDRESS
    )
    assert (seen.step, seen.table, seen.place) == (0, "Jam", Place(column="Ip"))
    assert (seen.event_column, seen.leads) == ("Title", True)


@pytest.mark.parametrize(
    ("sql", "given", "places"),
    [
        ("SELECT * FROM Jam", [(PASTED, ADDRESS, "Upp")], [("Ip", "", "Title")]),
        ("SELECT Ip FROM Jam", [(ADDRESS,)], [("Ip", "", "")]),
        (
            "SELECT Title, Things FROM Jam",
            [(PASTED, cell({"Address": ADDRESS}))],
            [("Things", "Address", "Title")],
        ),
        ("SELECT Title, Ip AS x FROM Jam", [(PASTED, ADDRESS)], [("Ip", "", "Title")]),
        ("SELECT LOWER(Title), Ip FROM Jam", [(PASTED, ADDRESS)], [("Ip", "", "")]),
        ("SELECT Title, MAX(Ip) FROM Jam GROUP BY Title", [(PASTED, ADDRESS)], []),
        ("SELECT Title, Ip FROM Jam JOIN Pot ON Jam.Id = Pot.Id", [(PASTED, ADDRESS)], []),
        ("SELECT Title, Ip FROM Jam", [(PASTED, DECOY)], []),
        ("SELECT * FROM Undescribed", [(PASTED, ADDRESS)], []),
    ],
)
def test_places_are_told_only_where_they_can_be_known(
    sql: str, given: list[tuple[str, ...]], places: list[tuple[str, str, str]]
) -> None:
    found = sightings(make_question(), make_episode(DESCRIBED, (sql, rows(*given))), ADDRESS)
    assert [(s.place.column, s.place.key, s.event_column) for s in found] == places


def test_a_value_that_stands_in_fewer_rows_than_another_does_not_lead() -> None:
    given = rows((PASTED, ADDRESS), (PASTED, DECOY), (PASTED, DECOY))
    (seen,) = sightings(make_question(), make_episode(("SELECT Title, Ip FROM Jam", given)), ADDRESS)
    assert not seen.leads


def test_only_columns_that_tell_in_the_questions_words_name_the_event() -> None:
    question = make_question()
    columns = ("Town", "Title", "Note")
    assert event_column(question, "Jam", columns, ("Upp", PASTED, "")) == "Title"
    assert event_column(question, "Jam", columns, ("Upp", "Rain over Low", "")) == ""
    assert event_column(question, "Jam", columns, ("Strange jam", "", "")) == ""
    assert (
        event_column(question, "Jam", columns, ("", "", "a strange jam was pasted aboard the event"))
        == "Note"
    )
    assert event_column(question, "Jam", columns, ("mill-lap7", None, PASTED)) == "Note"
    both = ("", "Strange jam shelved", "a strange jam was pasted aboard")
    assert event_column(question, "Jam", columns, both) == "Title"
    assert event_column(question, "Jam", columns, ("", "", LURED)) == "", "three words are too few for a note"
