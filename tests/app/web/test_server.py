from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from app.web.home import Home
from app.web.server import make_app
from core.settings import Settings
from core.store import RunSpec
from tests.app.conftest import Taught
from tests.app.web.written import EVIL, KEY, NOTE, UNFINISHED, Written, write_run

OURS = "http://127.0.0.1"


@pytest.fixture
def client(taught_home: Home) -> TestClient:
    return TestClient(make_app(taught_home), base_url=OURS, raise_server_exceptions=False)


@pytest.fixture
def evil_client(written: Written) -> Iterator[TestClient]:
    with Home(written.settings) as home:
        yield TestClient(make_app(home), base_url=OURS)


def pages_of(written: Written) -> list[str]:
    run = f"/runs/{written.run_id}"
    return [
        "/runs",
        run,
        f"{run}/tasks/{quote(KEY)}",
        f"{run}/tasks/{quote(UNFINISHED)}",
        f"{run}/calls/0/{quote(KEY)}",
        f"{run}/calls/1/{quote(KEY)}",
        "/queue",
        "/pamphlets",
        f"/pamphlets/{written.item_id}",
    ]


def links(html: str) -> set[str]:
    found = re.findall(r'(?:href|src|action)="([^"]*)"', html)
    return {link.partition("#")[0].replace("&amp;", "&") for link in found} - {""}


def test_every_link_leads_to_a_page_of_the_inspector(client: TestClient, taught: Taught) -> None:
    waiting, seen = {"/"}, set[str]()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            found = links(answer.text)
            assert all(link.startswith("/") and not link.startswith("//") for link in found), found
            waiting |= found - seen
    kinds = (
        "/runs?",
        "/static/style.css",
        "/pamphlets/it_",
        "/queue",
        f"/runs/{taught.runs[0]}/tasks/synthetic/0/1/",
    )
    assert all(any(path.startswith(kind) for path in seen) for kind in kinds)


def test_a_page_is_a_json_document_too(client: TestClient, taught: Taught) -> None:
    run_id, report = taught.runs[0], taught.learned.document
    runs = client.get("/runs?format=json").json()
    assert [run["id"] for run in runs["runs"]] == [*reversed(taught.runs)]
    run = client.get(f"/runs/{run_id}?format=json")
    assert run.headers["content-type"] == "application/json"
    assert run.json()["run"]["figures"]["success_ci95"] == report["success_ci95"]
    assert run.json()["run"]["note"] == report["note"]
    key = run.json()["tasks"][0]["key"]
    task = client.get(f"/runs/{run_id}/tasks/{key}?format=json").json()
    assert task["timeline"][0]["event"] == {"kind": "task_started", "task": key}
    items = client.get("/pamphlets?format=json").json()
    item_id = items["shelves"][0]["items"][0]["id"]
    assert client.get(f"/pamphlets/{item_id}?format=json").json()["item"]["id"] == item_id


def test_the_note_stands_wherever_scores_stand(evil_client: TestClient, written: Written) -> None:
    for path in pages_of(written)[:4]:
        assert str(escape(NOTE, quote=False)).partition("<")[0][:24] in evil_client.get(path).text, path


def test_no_text_of_a_run_becomes_markup(evil_client: TestClient, written: Written) -> None:
    for path in pages_of(written):
        html = evil_client.get(path).text
        assert "<script" not in html, path
        assert "<img src=x" not in html, path
        assert not re.search(r"<(b>of time|u>|i>)", html), path
    task = evil_client.get(pages_of(written)[2]).text
    assert task.count("&lt;script&gt;") >= 10
    assert "&lt;b&gt;of time&lt;/b&gt;" in evil_client.get(pages_of(written)[-1]).text
    assert "<ins>, &lt;u&gt;</ins>" in evil_client.get(pages_of(written)[-1]).text


def test_json_keeps_the_text_as_it_is_and_is_not_read_as_a_page(
    evil_client: TestClient, written: Written
) -> None:
    answer = evil_client.get(f"{pages_of(written)[2]}?format=json")
    assert answer.json()["answer"] == EVIL
    assert answer.headers["x-content-type-options"] == "nosniff"
    for path in pages_of(written):
        json.loads(evil_client.get(f"{path}?format=json").text)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/runs/nope", 404),
        ("/runs/nope/tasks/x", 404),
        ("/runs/nope/calls/0/x", 404),
        ("/pamphlets/nope", 404),
        ("/nope", 404),
        ("/static/nope.css", 404),
        ("/static/../server.py", 404),
        ("/static/%2e%2e/server.py", 404),
        ("/runs?page=x", 400),
        ("/runs?page=-1", 400),
        ("/pamphlets?kind=nope", 400),
        ("/pamphlets?status=nope", 400),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert f"<h1>{status}</h1>" in answer.text
    assert "Traceback" not in answer.text
    as_json = client.get(path + ("&" if "?" in path else "?") + "format=json")
    assert (as_json.status_code, as_json.json()["status"]) == (status, status)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(client: TestClient, taught: Taught, method: str) -> None:
    for path in ("/runs", f"/runs/{taught.runs[0]}", "/pamphlets"):
        assert client.request(method, path).status_code == 405


def test_looking_changes_no_file(taught: Taught) -> None:
    database = taught.terminal.home / "atlas.sqlite3"
    before, names = database.read_bytes(), set(taught.terminal.contents())
    with Home(Settings(home=taught.terminal.home)) as home:
        client = TestClient(make_app(home), base_url=OURS)
        for path in ("/runs", f"/runs/{taught.runs[0]}", "/pamphlets"):
            assert client.get(path).status_code == 200
    assert database.read_bytes() == before
    assert set(taught.terminal.contents()) == names


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8765", 200),
        ("localhost:1", 200),
        ("LOCALHOST", 200),
        ("evil.example", 421),
        ("evil.example:8765", 421),
        ("127.0.0.1.evil.example", 421),
        ("127.0.0.1:evil", 421),
        ("evil@127.0.0.1", 421),
        ("", 421),
    ],
)
def test_only_names_of_this_machine_are_answered(client: TestClient, host: str, status: int) -> None:
    for path in ("/runs", "/runs?format=json", "/static/style.css"):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == status
        assert status == 200 or "synthetic" not in answer.text


@pytest.mark.parametrize("path", ["/runs", "/runs?format=json", "/nope", "/static/style.css"])
def test_every_answer_forbids_scripts_and_other_sites(client: TestClient, path: str) -> None:
    for host in ("127.0.0.1", "evil.example"):
        headers = client.get(path, headers={"host": host}).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert "script-src" not in policy
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


def test_pages_need_no_inline_style_or_script(evil_client: TestClient, written: Written) -> None:
    for path in pages_of(written):
        tags = re.findall(r"<[^>]*>", evil_client.get(path).text)
        assert not [tag for tag in tags if re.search(r"\s(style|on\w+)=", tag) or tag.startswith("<style")]


def test_a_home_that_is_not_there_reads_as_empty_and_is_found_later(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with Home(settings) as home:
        client = TestClient(make_app(home), base_url=OURS)
        assert "No runs yet" in client.get("/runs").text
        assert "Nothing was learned yet" in client.get("/pamphlets").text
        assert not settings.home.exists()
        made = write_run(settings)
        assert made.run_id in client.get("/runs").text


def test_long_lists_come_in_pages(tmp_path: Path) -> None:
    from app.house import House

    settings = Settings(home=tmp_path / "home")
    with House(settings) as house:
        ids = [house.store.create(RunSpec(name="invented", config={})) for _ in range(30)]
    with Home(settings) as home:
        client = TestClient(make_app(home), base_url=OURS)
        shown = [
            run["id"]
            for number in (1, 2)
            for run in client.get(f"/runs?format=json&page={number}").json()["runs"]
        ]
        assert sorted(shown) == sorted(ids)
        assert 'href="/runs?page=2"' in client.get("/runs").text
