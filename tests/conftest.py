"""What every test stands on: no network but loopback, no keys, and the shared data where it is present."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "atlas", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("atlas")

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = os.environ.get("ATLAS_TEST_POSTGRES_URL")  # noqa: TID251
"""Read when tests are collected: a running test sees no settings of the developer's."""
MODEL, LARGER_MODEL = "smollm2-135m", "qwen2.5-coder-0.5b"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "", "0.0.0.0", "::"})
_KEPT = frozenset({"ATLAS_SHARED_DATA", "ATLAS_TEST_MODELS"})
_PRIVATE = ("ATLAS_", "OPENAI_", "OPENROUTER_", "OLLAMA_", "VLLM_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "HF_")


class NetworkBlocked(RuntimeError):
    """A test reached for the network."""


def _is_loopback(host: object) -> bool:
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    return name in _LOOPBACK or name.startswith("127.")


def _refuse(host: object) -> None:
    if not _is_loopback(host):
        raise NetworkBlocked(f"tests reach loopback only, not {host!r}")


class _LoopbackSocket(socket.socket):
    """A socket that connects and sends to loopback and to Unix sockets only."""

    def _check(self, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            _refuse(address[0])

    def connect(self, address: object) -> None:  # type: ignore[override]
        self._check(address)
        super().connect(address)  # type: ignore[arg-type]

    def connect_ex(self, address: object) -> int:  # type: ignore[override]
        self._check(address)
        return super().connect_ex(address)  # type: ignore[arg-type]

    def sendto(self, data: object, *rest: object) -> int:  # type: ignore[override]
        self._check(rest[-1])
        return super().sendto(data, *rest)  # type: ignore[call-overload, no-any-return]


def pytest_configure(config: pytest.Config) -> None:
    """Close the network before any test module is imported: sockets and names alike."""
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    patch.setattr(socket, "socket", _LoopbackSocket)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        patch.setattr(socket, name, _loopback_only(getattr(socket, name)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what works on a PostgreSQL server, so that it can be run by itself: `-m postgres`."""
    for item in items:
        assert isinstance(item, pytest.Function)
        params = item.callspec.params if hasattr(item, "callspec") else {}
        if params.get("database") == "postgres" or "new_postgres_url" in item.fixturenames:
            item.add_marker("postgres")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: no need to walk thousands of tests and modules again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)


def _loopback_only(resolve):  # type: ignore[no-untyped-def]
    def checked(host, *args, **kwargs):  # type: ignore[no-untyped-def]
        _refuse(host)
        return resolve(host, *args, **kwargs)

    return checked


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's own configuration reaches a test."""
    for name in list(os.environ):  # noqa: TID251
        if name.startswith(_PRIVATE) and name not in _KEPT:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data: `ATLAS_SHARED_DATA`, else `../shared/data` beside the project."""
    folder = Path(os.environ.get("ATLAS_SHARED_DATA") or "../shared/data")  # noqa: TID251
    folder = (ROOT / folder).resolve()
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set ATLAS_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def gguf(shared_data: Path) -> Path:
    """A small model's file; fetched once into `ATLAS_TEST_MODELS`, else the system's temporary folder."""
    return _fetched(shared_data, MODEL)


@pytest.fixture(scope="session")
def larger_gguf(shared_data: Path) -> Path:
    """A model of half a billion parameters, fetched likewise."""
    return _fetched(shared_data, LARGER_MODEL)


def _fetched(shared_data: Path, name: str) -> Path:
    if find_spec("xllamacpp") is None:
        pytest.skip("extra `local` is not installed")
    tool = shared_data.parent / "tools" / "get_model.py"
    if not tool.is_file():
        pytest.skip(f"no {tool} to fetch the model with")
    cache = os.environ.get("ATLAS_TEST_MODELS") or str(Path(tempfile.gettempdir()) / "atlas-test-models")  # noqa: TID251
    done = subprocess.run([sys.executable, tool, name, cache], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"{name} cannot be fetched: {done.stderr.strip()[-200:]}")
    return Path(done.stdout.split("\n")[-2])


@pytest.fixture(scope="session")
def new_postgres_url() -> Iterator[Callable[[], str]]:
    """Makes a schema of its own on the server that ATLAS_TEST_POSTGRES_URL names, at each call."""
    if not POSTGRES:
        pytest.skip("set ATLAS_TEST_POSTGRES_URL to test on PostgreSQL")
    from sqlalchemy import create_engine, text

    from core.database.engine import parse_url

    engine = create_engine(parse_url(POSTGRES), isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def new() -> str:
        made.append(f"test_{uuid.uuid4().hex}")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {made[-1]}"))
        return f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{made[-1]}"

    yield new
    with engine.connect() as connection:
        for schema in made:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def postgres_url(new_postgres_url: Callable[[], str]) -> str:
    """An empty schema of the test's own."""
    return new_postgres_url()
