from __future__ import annotations

import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.database import Database
from memory.index.array import ArrayIndexes
from memory.index.chroma import ChromaIndex
from memory.index.seam import OpenIndex
from tests.memory.index.filled import Filled, in_folder


@pytest.fixture
def filled(database: Database) -> Filled:
    return Filled(database)


@pytest.fixture(params=["array", "folder", "server"])
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> OpenIndex:
    if request.param == "array":
        return ArrayIndexes().open
    if request.param == "folder":
        return in_folder(tmp_path / "index")
    port, library = request.getfixturevalue("chroma_port"), uuid.uuid4().hex
    return lambda generation: ChromaIndex.on_server("127.0.0.1", port, library, generation)


@pytest.fixture(scope="session")
def chroma_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real Chroma server on loopback; its memories are told apart by their library ids."""
    chroma = Path(sys.executable).parent / "chroma"
    if not chroma.exists():
        pytest.skip("no chroma command beside this Python: the server is not tested")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder = tmp_path_factory.mktemp("served")
    command = [str(chroma), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        if not _answers(port, process):
            process.kill()
            pytest.skip("the Chroma server does not start here")
        yield port
        process.kill()


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    for _ in range(400):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return True
        if process.poll() is not None:
            return False
        time.sleep(0.05)
    return False
