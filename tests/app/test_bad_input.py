"""Wrong use of any kind: one line that says what to do, exit status 2, and nothing written."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.conftest import Taught
from tests.app.invented import TABLE, make_data, make_question, question_file, rows_file, write_json
from tests.app.terminal import Said, Terminal

SYNTHETIC = "bench run synthetic --limit 1"


def one_line(said: Said, status: int = 2) -> str:
    """The complaint of a command that refused."""
    assert (said.status, said.out) == (status, ""), said.err
    assert "Traceback" not in said.err
    (line,) = said.err.splitlines()
    assert line.startswith("atlas: ")
    return line


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("bench run excytin", "give --data DIR or set ATLAS_DATA_FOLDER"),
        ("bench run excytin --data nowhere", "no data folder nowhere"),
        ("bench run excytin --data .", "is no ExCyTIn data folder: questions/o1_v0 is missing"),
        ("run --question excytin/5/test/1-2", "give --data DIR"),
        ("run --question synthetic/0/1/test/no-such", "ids look like synthetic/0/1/test/"),
        ("run", "give one task"),
        ("run Who --incident 99", "no incident 99"),
        (f"{SYNTHETIC} --incident 99", "no incident 99"),
        ("bench transfer synthetic --learn 99", "no incident 99"),
        ("bench transfer synthetic --learn 1 --test 1", "both learned and tested"),
        (f"{SYNTHETIC} --student gpt-5", "'gpt-5' is no SPEC"),
        (f"{SYNTHETIC} --student nobody/gpt-5", "provider 'nobody' is none of"),
        (f"{SYNTHETIC} --student openai/gpt-5-mini", "OPENAI_API_KEY is not set"),
        (f"{SYNTHETIC} --teacher gemini/gemini-flash", "GEMINI_API_KEY is not set"),
        (f"{SYNTHETIC} --student local:missing.gguf", "missing.gguf cannot be read"),
        (f"{SYNTHETIC} --student replay:missing.jsonl", "missing.jsonl cannot be read"),
        (f"{SYNTHETIC} --student python:no_such:name", "No module named 'no_such'"),
        (f"{SYNTHETIC} --teacher http://127.0.0.1:9", "a teacher is offline or a model"),
        (f"{SYNTHETIC} --student ollama/qwen3:8b --budget-usd 1", "the price of ollama/qwen3:8b is unknown"),
        (f"{SYNTHETIC} --feedback score", "works with --split train only"),
        (f"{SYNTHETIC} --lane sideways", "'sideways' is not one of"),
        (f"{SYNTHETIC} --split all", "choose test or train"),
        (f"{SYNTHETIC} --workers 0", "--workers"),
        (f"{SYNTHETIC} --memory on --resume no-such-run", "there is no run no-such-run"),
        (f"{SYNTHETIC} --memory frozen --snapshot none-such", "snapshot"),
        ("bench run poems", "'poems' is not one of"),
        ("bench report no-such-run", "there is no run no-such-run"),
        ("bench compare no-such-run other", "there is no run no-such-run"),
        ("memory show it_none", "no item it_none"),
        ("memory list --status great", "choose candidate, active"),
        ("memory search x --audience cats", "choose student or teacher"),
        ("no-such-command", "No such command"),
    ],
)
def test_it_is_refused_and_no_home_is_made(terminal: Terminal, words: str, complaint: str) -> None:
    assert complaint in one_line(terminal.run(*words.split()))
    assert terminal.contents() == {}


def cut(data: Path) -> None:
    rows_file(data).write_bytes(rows_file(data).read_bytes()[:60])


def garble(data: Path) -> None:
    rows_file(data).write_bytes(b"no gzip at all")


def shorten_a_row(data: Path) -> None:
    lines = [{"columns": ["A", "B"], "known_total": 1}, ["one value"]]
    rows_file(data).write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))


def drop_a_key(data: Path) -> None:
    questions = [make_question(1), make_question(2)]
    del questions[1]["answer"]
    write_json(question_file(data, "test"), questions)


def break_the_questions(data: Path) -> None:
    question_file(data, "test").write_text('[{"context": "cut off')


def lose_the_questions(data: Path) -> None:
    question_file(data, "test").unlink()


def lose_the_table_list(data: Path) -> None:
    (data / "mined" / "tables_by_incident_and_layer.json").unlink()


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        (cut, f"{TABLE}.jsonl.gz is damaged"),
        (garble, f"{TABLE}.jsonl.gz is damaged"),
        (shorten_a_row, f"{TABLE}.jsonl.gz is damaged"),
        (drop_a_key, "question 1: answer: field required"),
        (break_the_questions, "cannot be read"),
        (lose_the_questions, "is missing"),
        (lose_the_table_list, "is missing"),
    ],
)
def test_damaged_data_is_named_before_anything_is_written(
    terminal: Terminal, harm: Callable[[Path], None], complaint: str
) -> None:
    data = make_data(terminal.folder / "data")
    harm(data)
    before = terminal.contents()
    assert complaint in one_line(terminal.run("bench", "run", "excytin", "--data", data, "--memory", "on"))
    assert terminal.contents() == before


def test_an_unknown_question_of_good_data(terminal: Terminal) -> None:
    data = make_data(terminal.folder / "data")
    before = terminal.contents()
    line = one_line(terminal.run("run", "--question", "excytin/7/test/9-9", "--data", data))
    assert "ids look like excytin/7/test/5-6" in line
    assert terminal.contents() == before


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("ATLAS_MAX_RETRIES", "many", "ATLAS_MAX_RETRIES"),
        ("ATLAS_DATABASE_URL", "mysql://server/base", "no mysql databases here"),
        ("ATLAS_DATABASE_URL", "not a url", "the database URL cannot be read"),
        ("ATLAS_EMBEDDER", "best", "ATLAS_EMBEDDER"),
    ],
)
def test_a_bad_setting_is_named(terminal: Terminal, name: str, value: str, complaint: str) -> None:
    terminal.variables[name] = value
    assert complaint in one_line(terminal.run(*SYNTHETIC.split()))
    assert terminal.contents() == {}


def test_a_file_that_is_no_gguf(terminal: Terminal) -> None:
    (terminal.folder / "model.gguf").write_bytes(b"weights, perhaps")
    before = terminal.contents()
    assert "is not a GGUF file" in one_line(terminal.run(*SYNTHETIC.split(), "--student", "local:model.gguf"))
    assert terminal.contents() == before


@pytest.mark.parametrize("words", [SYNTHETIC, "memory list", "bench report x", "db upgrade", "run Who"])
def test_a_database_of_a_newer_version_is_left_alone(terminal: Terminal, words: str) -> None:
    terminal.home.mkdir()
    with closing(sqlite3.connect(terminal.home / "atlas.sqlite3")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('9999_future')")
        database.commit()
    before = terminal.contents()
    assert "was made by a newer Atlas" in one_line(terminal.run(*words.split()))
    assert terminal.contents() == before


def test_a_file_that_is_no_database_is_left_alone(terminal: Terminal) -> None:
    terminal.home.mkdir()
    (terminal.home / "atlas.sqlite3").write_bytes(b"somebody's diary, certainly no database" * 40)
    before = terminal.contents()
    assert "is not an Atlas database" in one_line(terminal.run(*SYNTHETIC.split()))
    assert terminal.contents() == before


@pytest.mark.parametrize("words", [SYNTHETIC, "demo", "run Who", "bench transfer synthetic --limit 1"])
def test_a_home_that_cannot_be_made(terminal: Terminal, words: str) -> None:
    (terminal.folder / "file").write_text("in the way")
    terminal.variables["ATLAS_HOME"] = str(terminal.folder / "file" / "home")
    before = terminal.contents()
    assert "name another with ATLAS_HOME" in one_line(terminal.run(*words.split()))
    assert terminal.contents() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_home(terminal: Terminal) -> None:
    terminal.home.mkdir(mode=0o500)
    assert "cannot write" in one_line(terminal.run(*SYNTHETIC.split()))
    assert list(terminal.home.iterdir()) == []


def test_what_is_unknown_in_a_home_leaves_it_as_it_is(taught: Taught) -> None:
    atlas = taught.terminal
    before = atlas.contents()
    for words in (
        "memory show it_none",
        "bench report no-such-run",
        f"{SYNTHETIC} --memory on --resume none",
    ):
        one_line(atlas.run(*words.split()))
    assert atlas.contents() == before
