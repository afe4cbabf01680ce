"""A Student behind a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from atlas.students.http import HttpStudent
from core.episode import AttemptStatus, Episode
from core.errors import ModelOutputError, ProviderError, UserError
from core.guidance import Guidance
from tests.atlas.parts import ListRecorder, TableEnvironment, make_task

QUERY = "SELECT ip FROM alerts"
Answerer = Callable[[dict[str, object]], tuple[int, object]]


@contextmanager
def serving(answer: Answerer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, reply = answer(body)
            data = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/act"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def run(url: str, max_steps: int = 4) -> Episode:
    return await HttpStudent(url, timeout_seconds=5).attempt(
        make_task(), TableEnvironment(max_steps=max_steps), Guidance(notes=("Hurry.",)), ListRecorder(), 0
    )


async def test_it_is_asked_once_a_step_with_the_whole_state() -> None:
    bodies: list[dict[str, object]] = []

    def answer(body: dict[str, object]) -> tuple[int, object]:
        bodies.append(body)
        return (200, {"answer": "203.0.113.9"}) if body["history"] else (200, {"sql": QUERY})

    with serving(answer) as url:
        episode = await run(url)
    assert episode.answer == "203.0.113.9"
    assert [b["steps_left"] for b in bodies] == [4, 3]
    assert bodies[1]["history"] == [{"sql": QUERY, "observation": "[('203.0.113.9',)]", "is_error": False}]
    assert "Hurry." in str(bodies[0]["guidance"])


async def test_one_that_never_answers_ends_at_the_limit() -> None:
    with serving(lambda body: (200, {"sql": QUERY})) as url:
        episode = await run(url, max_steps=3)
    assert (episode.status, len(episode.steps)) == (AttemptStatus.LIMIT, 2)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ((500, {}), ProviderError),
        ((200, {"sql": 5}), ModelOutputError),
        ((200, {"tool": "sql"}), ModelOutputError),
        ((200, "text"), ModelOutputError),
    ],
)
async def test_a_bad_endpoint_is_an_error_with_its_url(
    reply: tuple[int, object], error: type[Exception]
) -> None:
    with serving(lambda body: reply) as url, pytest.raises(error, match=r"student http://127\.0\.0\.1"):
        await run(url)


async def test_an_endpoint_that_is_gone_is_a_provider_error() -> None:
    with serving(lambda body: (200, {})) as url:
        pass
    with pytest.raises(ProviderError):
        await run(url)


def test_a_url_without_scheme_is_a_user_error() -> None:
    with pytest.raises(UserError, match="whole URL"):
        HttpStudent("127.0.0.1:9000")
