"""What values look like, how rows are read back, and what stands in cells that are nearly JSON."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.offline.findings import read_cell
from atlas.offline.values import fits, looks_like_json, normal, parse_rows, records, same_key
from atlas.offline.vocabulary import AnswerType as A
from benchmarks.sql.environment import show_rows

GUID = "11111111-2222-3333-4444-555555555555"
FITS: dict[A, tuple[list[str], list[str]]] = {
    A.IP: (
        ["203.0.113.7", " 203.0.113.7 ", "2001:db8::7", "2001:db8:0:0:1:2:3:4"],
        ["203.0.113", "12:30", "jam"],
    ),
    A.SID: (["S-1-5-21-11-22", "s-1-5"], ["S-x", "1-5-21", GUID]),
    A.USER_ID: ([GUID, GUID.upper()], ["123", "bo", GUID + "0"]),
    A.DEVICE_ID: ([GUID], ["mill-lap7"]),
    A.EMAIL: (["bo@ex.example", "Bo Baker@ex.example"], ["bo", "bo@ex", "a@b@c.example", "@ex.example"]),
    A.URL: (
        ["https://jam.example/a?b=c", "jam.example", "jam.example:8080/x"],
        ["jam", "203.0.113.7", "pot.exe"],
    ),
    A.FILE: (["pot.exe", "two words.txt"], ["pot", "c:\\pot.exe", "http://x.exe", "jam.com", "203.0.113.7"]),
    A.HOST: (["mill-lap7", "mill.jam.example"], ["12", "true", GUID, "203.0.113.7", "two words", "-x"]),
    A.APP_ID: (["12345", GUID], ["jam", "12a"]),
    A.RESOURCE: (["/subscriptions/x/y", GUID], ["12", "/other/x"]),
    A.ACCOUNT: (
        ["bo", "Bo Baker"],
        ["b", "S-1-5-21", GUID, "12.5", "TRUE", "pot.exe", "a/b", "[x]", "x" * 65],
    ),
    A.PROCESS: (["pot.exe -x", "a\nb"], ["x", ""]),
    A.OTHER: (["ab"], ["a", " "]),
}


@pytest.mark.parametrize("kind", list(A))
def test_a_value_fits_its_type_by_its_form(kind: A) -> None:
    good, bad = FITS[kind]
    assert [value for value in good if not fits(kind, value)] == []
    assert [value for value in bad if fits(kind, value)] == []


@pytest.mark.parametrize(
    "piece", [":", "a:", "a", "a.", "1.", "-", "a-", " ", "@", "a@", "S-1-", '"', "\\", "/"]
)
def test_fitting_time_grows_with_the_length_and_not_its_square(piece: str) -> None:
    started = time.perf_counter()
    for kind in A:
        fits(kind, (piece * 50_000)[:50_000] + "!")
        same_key(kind, (piece * 50_000)[:50_000])
    assert time.perf_counter() - started < 2.0


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        (A.HOST, "mill-lap7", "MILL-LAP7.jam.example", True),
        (A.HOST, "mill-lap7", "mill-lap8", False),
        (A.URL, "https://www.jam.example/", "jam.example", True),
        (A.URL, "jam.example/a", "jam.example/b", False),
        (A.PROCESS, "77__2024-05-06t07:08:09__pot.exe -x", "pot.exe  -x", True),
        (A.PROCESS, '"pot.exe" -x', "pot.exe -x", True),
        (A.PROCESS, "C:\\bin\\pot.exe -x", "C:binpot.exe -x", True),
        (A.PROCESS, "pot.exe -x", "pot.exe -y", False),
        (A.ACCOUNT, "`Bo`", "bo", True),
        (A.IP, "203.0.113.7", "203.0.113.70", False),
    ],
)
def test_values_that_count_as_one(kind: A, one: str, other: str, same: bool) -> None:
    assert (same_key(kind, one) == same_key(kind, other)) is same


@given(st.text())
def test_the_normal_form_is_lower_and_without_backslashes(text: str) -> None:
    found = normal(text)
    assert "\\" not in found
    assert not found.endswith(("/", "."))


CELLS = st.none() | st.integers(-(10**12), 10**12) | st.text()


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width))))
def test_rows_read_back_as_they_were_shown(rows: list[tuple[str | int | None, ...]]) -> None:
    assert parse_rows(str(rows)) == rows


@given(st.text())
def test_no_observation_breaks_the_reader(text: str) -> None:
    assert isinstance(parse_rows(text), list)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "ProgrammingError: Unknown column 'jam' in 'field list'",
        "ProgrammingError: You have an error near '[(1,)' at line 1",
        "[('a',), ('b'",
        "[('a',), ('b',)] and more",
        "[" * 5000,
        "[1, 'a', ['b']]",
        "Submitted.",
    ],
)
def test_what_is_no_whole_list_of_rows_gives_none(text: str) -> None:
    assert parse_rows(text) == []


def test_a_list_cut_by_the_environment_gives_the_rows_that_are_shown() -> None:
    rows = [(f"{number}", "jam " * 2000) for number in range(40)]
    shown = show_rows(list(rows))
    assert shown.startswith("Retrieved 40 entries.")
    assert parse_rows(shown) == rows[:15]


def test_objects_of_a_cell_are_read_apart_nested_ones_too() -> None:
    cell = json.dumps([{"Name": "bo", "Host": {"HostName": "mill-lap7"}}, {"Address": "203.0.113.7"}])
    found = list(records(cell.replace(": ", ":").replace(", ", ",")))
    assert found == [{"Name": "bo"}, {"HostName": "mill-lap7"}, {"Address": "203.0.113.7"}]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('[{"CommandLine":"C:binpot.exe "-x" jam","ProcessId":"77"}]', {"ProcessId": "77"}),
        (
            '[{"CommandLine":"pot.exe ""-x jam""","ProcessId":"77"}]',
            {"CommandLine": 'pot.exe "-x jam"', "ProcessId": "77"},
        ),
        ('[{"Address":"203.0.113.7","Town":"Upp', {"Address": "203.0.113.7"}),
        ('{"$id":"4","Name":"x{y}"}', {"$id": "4"}),
        ('{"Empty":"","Name":"bo"}', {"Empty": "", "Name": "bo"}),
        ('{"Count":4,"Name":"bo"}', {"Name": "bo"}),
    ],
)
def test_cells_that_lost_their_backslashes_are_read_by_their_marks(cell: str, found: dict[str, str]) -> None:
    assert looks_like_json(cell)
    merged: dict[str, str] = {}
    for record in records(cell):
        merged |= record
    assert {key: merged.get(key) for key in found} == found


@given(st.text('{}":,[]ab\\', max_size=200))
def test_no_cell_breaks_the_reader(cell: str) -> None:
    assert all(record for record in records(cell))


@pytest.mark.parametrize("piece", ['{"a":"x"', '"a":"', '{"a":""', '""', '"a":"""', "{", '"a', '":"', '\\"'])
def test_cells_are_read_in_time_that_grows_with_their_length(piece: str) -> None:
    cell = '{"a":"' + (piece * 50_000)[:50_000]
    started = time.perf_counter()
    list(records(cell))
    assert time.perf_counter() - started < 2.0


def test_a_cell_is_read_whole_or_by_the_keys_that_fit() -> None:
    cell = '[{"Address":"203.0.113.7","Town":"Upp"},{"Address":"192.0.2.9"}]'
    assert list(read_cell(A.IP, "203.0.113.7", "")) == [("203.0.113.7", "")]
    assert list(read_cell(A.IP, cell, "")) == [("203.0.113.7", "Address"), ("192.0.2.9", "Address")]
    assert list(read_cell(A.IP, cell, "Town")) == [("Upp", "Town")]
    assert list(read_cell(A.IP, None, "")) == list(read_cell(A.IP, "", "")) == []


def test_a_process_is_composed_of_its_id_its_time_and_its_command() -> None:
    cell = '{"ProcessId":"77","CreatedTimeUtc":"2024-05-06T07:08:09Z","CommandLine":"pot.exe -x"}'
    assert list(read_cell(A.PROCESS, cell, "")) == [
        ("77__2024-05-06t07:08:09z__pot.exe -x", "CommandLine"),
    ]
    assert list(read_cell(A.PROCESS, '{"ProcessId":"77","CommandLine":"pot.exe"}', "")) == [
        ("pot.exe", "CommandLine"),
    ]
