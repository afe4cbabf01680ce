"""What every test stands on: no network but loopback, no keys, and the shared data where it is present."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "atlas", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("atlas")

ROOT = Path(__file__).resolve().parent.parent
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
