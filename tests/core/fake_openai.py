"""A small real HTTP server on loopback that speaks OpenAI's chat completions as a test tells it to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One answer. `cut` closes the connection: before the status line, or in the middle of the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    cut: str = ""


def answer(
    text: str | None = "ok",
    *,
    tool_calls: Sequence[tuple[str, str]] = (),
    usage: Mapping[str, object] | None = None,
    model: str = "fake-model",
    finish_reason: str = "stop",
    delay_seconds: float = 0.0,
) -> Turn:
    """A chat completion; `tool_calls` are names and JSON texts of arguments."""
    message: dict[str, object] = {"role": "assistant", "content": text}
    if tool_calls:
        message["tool_calls"] = [
            {"id": f"id-{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for n, (name, arguments) in enumerate(tool_calls)
        ]
    completion: dict[str, object] = {
        "id": "c-1",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
    }
    if usage is not None:
        completion["usage"] = dict(usage)
    return Turn(body=json.dumps(completion).encode(), delay_seconds=delay_seconds)


def error(
    status: int,
    message: str = "no",
    *,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Turn:
    body = {"error": {"message": message, "code": code, "param": param, "type": "fake"}}
    return Turn(status=status, body=json.dumps(body).encode(), headers=headers or {})


@dataclass(frozen=True, kw_only=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class FakeOpenAI:
    """Answers with `turns` in their order, then as `think` says. Keeps what it received."""

    def __init__(self, *turns: Turn, think: Callable[[Received], Turn] | None = None) -> None:
        self.turns = deque(turns)
        self.think = think or (lambda received: answer())
        self.received: list[Received] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> FakeOpenAI:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of the tests of timeouts."""


def _handler(fake: FakeOpenAI) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(path=self.path, headers=headers, body=body)
            fake.received.append(received)
            turn = fake.turns.popleft() if fake.turns else fake.think(received)
            time.sleep(turn.delay_seconds)
            if turn.cut == "before":
                self._hang_up()
                return
            self.send_response(turn.status)
            for name, value in {"content-type": "application/json", **turn.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(turn.body)))
            self.end_headers()
            self.wfile.write(turn.body[: len(turn.body) // 2] if turn.cut == "middle" else turn.body)
            if turn.cut == "middle":
                self._hang_up()

        def _hang_up(self) -> None:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Quiet."""

    return Handler
