"""A server of chat completions in a process of its own that takes its time over every call.

`python -m tests.integration.slow_server SECONDS` prints its port and serves until standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.core.fake_openai import Received
from tests.integration.investigator import Investigator

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def slow_server(seconds: float) -> Iterator[str]:
    """Serve in another process; gives the base URL."""
    words = [sys.executable, "-m", "tests.integration.slow_server", str(seconds)]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.stdin.close()


class _Server:
    def __init__(self, seconds: float) -> None:
        self._seconds, self._think = seconds, Investigator()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, one after another, until the client leaves."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                received = await _read(reader)
                loop = asyncio.get_running_loop()
                ready = loop.time() + self._seconds
                turn = self._think(received)
                await asyncio.sleep(ready - loop.time())
                head = f"HTTP/1.1 {turn.status} OK\r\nContent-Type: application/json\r\n"
                writer.write(f"{head}Content-Length: {len(turn.body)}\r\n\r\n".encode() + turn.body)
                await writer.drain()
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = json.loads(await reader.readexactly(int(headers["content-length"])))
    return Received(path=first.split()[1], headers=headers, body=body)


async def _main(seconds: float) -> None:
    server = await asyncio.start_server(_Server(seconds).serve, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1])))
