"""`atlas serve` as a person runs it."""

from __future__ import annotations

import signal
import socket
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.app.conftest import Taught
from tests.app.terminal import ROOT, Terminal


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_on_loopback_until_it_is_stopped(taught: Taught, stop: signal.Signals) -> None:
    with taught.terminal.start("serve", "--port", "0") as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        port = int(line.partition("http://127.0.0.1:")[2].partition("/")[0])
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/runs")
        answer = connection.getresponse()
        assert answer.status == 200
        assert taught.runs[0] in answer.read().decode()
        assert answer.getheader("server") is None
        connection.close()
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
    assert process.returncode == (0 if stop is signal.SIGINT else -signal.SIGTERM)
    assert (out, err) == ("", "")


def test_a_taken_port_is_one_line(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = terminal.run("serve", "--port", str(port))
    assert said.status == 2
    assert said.err.splitlines() == [
        f"atlas: cannot listen on 127.0.0.1, port {port}: Address already in use; choose another with --port"
    ]
    assert not terminal.home.exists()


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import sys\nsys.modules['starlette'] = None\n", encoding="utf-8"
    )
    bare = Terminal(folder=tmp_path, variables={"PYTHONPATH": f"{folder}:{ROOT}"})
    with bare.start("serve") as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err == "atlas: the inspector needs its extra: pip install 'atlas-agents[web]'\n"
