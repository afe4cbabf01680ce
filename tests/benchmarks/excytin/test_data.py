from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.excytin.benchmark import ExcytinBenchmark
from benchmarks.excytin.data import DataFolder
from benchmarks.task import Split
from core.episode import Action
from core.errors import UserError


def _complaint(action: object) -> str:
    with pytest.raises(UserError) as caught:
        action()  # type: ignore[operator]
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_questions_have_ids_of_their_own_and_show_no_gold(data_dir: Path) -> None:
    first, second = DataFolder(data_dir).questions(7, Split.TEST)
    (train,) = DataFolder(data_dir).questions(7, Split.TRAIN)
    assert [q.task.id for q in (first, second, train)] == [
        "excytin/7/test/137-136",
        "excytin/7/test/137-136.2",
        "excytin/7/train/137-136",
    ]
    assert first.task.prompt == "An alert was raised on `host-a`. Which account?"
    assert (first.task.scope, first.task.group) == ("excytin/soc", "incident_7")
    assert "hops_1" in first.flags
    for shown in (repr(first), str(first.task), repr(first.gold), f"{first.gold}"):
        assert "gold-ada" not in shown
        assert "198.51.100.7" not in shown


async def test_tables_without_rows_are_there_and_empty(data_dir: Path, tmp_path: Path) -> None:
    benchmark = ExcytinBenchmark(data_dir, tmp_path / "cache")
    question = benchmark.questions((7,), Split.TEST)[0]
    environment = benchmark.environment(question, max_steps=9)

    async def see(sql: str) -> str:
        return (await environment.step(Action(tool="sql", text=sql))).text

    assert await see("SHOW TABLES") == "[('Hosts',), ('People',), ('Unknown',)]"
    assert await see("SELECT * FROM People") == "[('ada', 'red'), ('bob', None)]"
    assert await see("SELECT HostName FROM Hosts") == "[]"
    assert "TenantId" in await see("DESCRIBE Unknown")
    await environment.close()


def test_the_database_is_built_once_and_again_when_its_source_changes(data_dir: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    path = ExcytinBenchmark(data_dir, cache).database(7).path
    before = path.stat().st_mtime_ns
    assert ExcytinBenchmark(data_dir, cache).database(7).path.stat().st_mtime_ns == before
    rows = data_dir / "recon_rows" / "incident_7" / "People.jsonl.gz"
    shutil.copy(rows, rows.with_name("Hosts.jsonl.gz"))
    assert ExcytinBenchmark(data_dir, cache).database(7).path.stat().st_mtime_ns != before


def test_a_missing_folder_is_told_in_one_line(data_dir: Path, tmp_path: Path) -> None:
    assert "--data" in _complaint(lambda: DataFolder(tmp_path / "none"))
    for part in ("recon_rows", "mined", "questions"):
        (data_dir / part).rename(data_dir / "away")
        assert part in _complaint(lambda: DataFolder(data_dir))
        (data_dir / "away").rename(data_dir / part)


def test_an_unknown_incident_is_told_with_those_that_are_there(data_dir: Path, tmp_path: Path) -> None:
    benchmark = ExcytinBenchmark(data_dir, tmp_path / "cache")
    assert _complaint(lambda: benchmark.questions((8,), Split.TEST)).endswith("choose from 7")


@pytest.mark.parametrize("key", ["answer", "question", "solution", "start_alert"])
def test_a_missing_key_is_told_with_its_question(data_dir: Path, key: str) -> None:
    path = next((data_dir / "questions").rglob("test/*.json"))
    questions = json.loads(path.read_text(encoding="utf-8"))
    del questions[1][key]
    path.write_text(json.dumps(questions), encoding="utf-8")
    text = _complaint(lambda: DataFolder(data_dir).questions(7, Split.TEST))
    assert f"question 1: {key}" in text
    assert "gold-ada" not in text


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": 1}', "null"])
def test_a_damaged_question_file_is_told_in_one_line(data_dir: Path, content: str) -> None:
    path = next((data_dir / "questions").rglob("test/*.json"))
    path.write_text(content, encoding="utf-8")
    assert path.name in _complaint(lambda: DataFolder(data_dir).questions(7, Split.TEST))


def test_a_missing_question_file_is_told_in_one_line(data_dir: Path) -> None:
    next((data_dir / "questions").rglob("test/*.json")).unlink()
    assert "missing" in _complaint(lambda: DataFolder(data_dir).questions(7, Split.TEST))


@pytest.mark.parametrize("keep", [0, 1, 12, -9, -1])
def test_rows_that_are_cut_are_told_and_leave_no_database(data_dir: Path, tmp_path: Path, keep: int) -> None:
    path = data_dir / "recon_rows" / "incident_7" / "People.jsonl.gz"
    path.write_bytes(path.read_bytes()[:keep])
    benchmark = ExcytinBenchmark(data_dir, tmp_path / "cache")
    assert "People.jsonl.gz" in _complaint(lambda: benchmark.database(7))
    assert not list((tmp_path / "cache").glob("*"))


@pytest.mark.parametrize("row", ['["ada"]', '"ada"', '{"a": 1}', '[1, {"x": 2}]', "nonsense"])
def test_a_row_that_is_none_is_told(data_dir: Path, tmp_path: Path, row: str) -> None:
    import gzip

    path = data_dir / "recon_rows" / "incident_7" / "People.jsonl.gz"
    with gzip.open(path, "at", encoding="utf-8") as out:
        out.write(row + "\n")
    _complaint(lambda: ExcytinBenchmark(data_dir, tmp_path / "cache").database(7))
    assert not list((tmp_path / "cache").glob("*"))


@pytest.mark.parametrize("name", ["schemas", "tables_by_incident_and_layer", "rowcounts_known"])
@pytest.mark.parametrize("content", ["[]", '{"7": 1}', "{"])
def test_a_damaged_list_is_told(data_dir: Path, tmp_path: Path, name: str, content: str) -> None:
    (data_dir / "mined" / f"{name}.json").write_text(content, encoding="utf-8")
    folder = DataFolder(data_dir)

    def read() -> None:
        ExcytinBenchmark(data_dir, tmp_path / "cache").database(7)
        folder.known_totals(7)

    assert f"{name}.json" in _complaint(read)


def test_every_question_of_the_real_data_reads_and_has_its_own_id(shared_data: Path) -> None:
    folder = DataFolder(shared_data / "excytin")
    questions = [q for n in folder.incidents for split in Split for q in folder.questions(n, split)]
    assert len(questions) > 500
    assert len({q.task.id for q in questions}) == len(questions)
