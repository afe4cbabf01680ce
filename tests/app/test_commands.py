"""`atlas run`, `memory`, `doctor`, `db`, `demo`."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.app.conftest import Taught
from tests.app.terminal import ROOT, Terminal

QUESTION = "synthetic/0/1/test/6-2"


def test_a_question_is_worked_and_shown(terminal: Terminal) -> None:
    said = terminal.run("run", "--question", QUESTION, "--json")
    document = said.document
    assert said.status == (1 if document["answer"] is None else 0)
    assert document["task"] == QUESTION
    assert document["success"] in (True, False)
    attempts = document["attempts"]
    assert isinstance(attempts, list)
    assert attempts[0]["steps"][0]["tool"] == "sql"


def test_a_task_in_words_has_no_score(terminal: Terminal) -> None:
    words = ("run", "Which host was hit?", "--incident", "3", "--student", "python:tests.app.students:loud")
    document = terminal.ok(*words, "--json").document
    assert (document["answer"], document["success"]) == ("WHICH HOST WAS HIT?", None)
    text = terminal.ok(*words).out
    assert "WHICH HOST WAS HIT?" in text
    assert "score" not in text


def test_an_attempt_without_an_answer_ends_with_1(terminal: Terminal) -> None:
    assert terminal.run("run", "Who?", "--student", "python:tests.app.students:silent").status == 1


def test_items_are_listed_shown_and_found(taught: Taught) -> None:
    atlas = taught.terminal
    items = atlas.ok("memory", "list", "--json").document["items"]
    assert isinstance(items, list)
    first = items[0]
    assert set(first) >= {"id", "kind", "audience", "scope", "status", "version", "content", "cue", "credit"}
    shown = atlas.ok("memory", "show", first["id"], "--json").document
    assert {key: shown[key] for key in first} == first
    assert shown["evidence"]


def test_a_search_shows_every_part_of_the_score(taught: Taught) -> None:
    asked = "An alert was raised. What is the name of the file that belongs to it?"
    found = taught.terminal.ok("memory", "search", asked, "--json").document
    hits = found["hits"]
    assert isinstance(hits, list)
    assert {"id", "content", "score", "similarity", "keyword", "cue_match"} <= set(hits[0])
    assert hits == sorted(hits, key=lambda hit: -hit["score"])
    assert (found["abstained"], found["degraded"]) == (False, False)


def test_items_as_text_and_by_status(taught: Taught) -> None:
    atlas = taught.terminal
    items = atlas.ok("memory", "list", "--json").document["items"]
    assert isinstance(items, list)
    text = atlas.ok("memory", "list").out
    assert all(item["id"] in text for item in items)
    assert items[0]["content"] in atlas.ok("memory", "show", items[0]["id"]).out
    for status in ("candidate", "retired"):
        part = atlas.ok("memory", "list", "--status", status, "--json").document["items"]
        assert part == [item for item in items if item["status"] == status]


@pytest.mark.parametrize(
    ("words", "said"), [(("list",), "no items here"), (("search", "any task"), "nothing fits")]
)
def test_looking_into_an_empty_home_makes_none(terminal: Terminal, words: tuple[str, ...], said: str) -> None:
    assert said in terminal.ok("memory", *words).out
    assert terminal.contents() == {}


def test_doctor_writes_nothing_and_names_every_part(terminal: Terminal) -> None:
    findings = terminal.ok("doctor", "--json").document["findings"]
    assert isinstance(findings, list)
    parts = {finding["part"]: finding for finding in findings}
    assert {"python", "home", "database", "chroma", "langgraph", "embedder", "tokens", "prices"} <= set(parts)
    assert all(finding["works"] for finding in findings if finding["needed"])
    assert not parts["providers"]["works"]
    assert terminal.contents() == {}


def test_doctor_does_not_print_keys(terminal: Terminal) -> None:
    terminal.variables["OPENAI_API_KEY"] = "a-very-private-word"
    said = terminal.ok("doctor")
    assert "OPENAI_API_KEY" in said.out
    assert "a-very-private-word" not in said.out + said.err


def test_a_doctor_who_finds_a_needed_part_broken_ends_with_1(terminal: Terminal) -> None:
    terminal.home.write_text("a file where the home should be")
    said = terminal.run("doctor")
    assert said.status == 1
    assert "no  home" in said.out


def test_the_database_is_made_and_checked(terminal: Terminal) -> None:
    assert terminal.ok("db", "check", "--json").document == {"state": "missing"}
    assert terminal.contents() == {}
    assert "revision" in terminal.ok("db", "upgrade").out
    assert terminal.ok("db", "check", "--json").document == {"state": "current"}
    before = terminal.contents()
    assert "revision" in terminal.ok("db", "upgrade").out
    assert terminal.contents() == before


@pytest.mark.parametrize("state", ["newer", "foreign"])
def test_a_database_that_is_not_ours_fails_the_check(terminal: Terminal, state: str) -> None:
    terminal.home.mkdir()
    with sqlite3.connect(terminal.home / "atlas.sqlite3") as database:
        table = "alembic_version (version_num TEXT)" if state == "newer" else "somebody (thing TEXT)"
        database.execute(f"CREATE TABLE {table}")
        database.execute(f"INSERT INTO {table.partition(' ')[0]} VALUES ('ffff')")
    database.close()
    said = terminal.run("db", "check", "--json")
    assert (said.status, said.document) == (2, {"state": state})


def test_the_version_is_told(terminal: Terminal) -> None:
    assert terminal.ok("--version").out.startswith("atlas ")


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_demo_runs_from_end_to_end(terminal: Terminal) -> None:
    with terminal.start("demo", "--json") as process:
        out, err = process.communicate(timeout=170)
    assert process.returncode == 0, err
    document = json.loads(out)
    assert {"off", "on", "comparison", "items", "curve"} <= set(document)
    assert document["off"]["n"] == document["on"]["n"] == document["comparison"]["n"]
    assert document["off"]["memory"]["mode"] == "off"
    assert document["on"]["memory"]["items_before"] > 0
    curve = terminal.folder / document["curve"]
    assert curve.read_bytes().startswith(b"\x89PNG")
    assert ROOT not in curve.parents
