"""Answers of sources, kept in a file: what was asked once is not asked again."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import StorageError

DAYS_KEPT = 30.0
_DAY_SECONDS = 86_400.0


class HttpCache:
    """Bodies of good answers by request, in one SQLite file; None keeps them for this process only.

    Raises (when made):
        StorageError: the file cannot be used.
    """

    def __init__(
        self, path: Path | None, *, days_kept: float = DAYS_KEPT, clock: Callable[[], float] = time.time
    ) -> None:
        self._kept, self._clock = days_kept * _DAY_SECONDS, clock
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=30.0)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS answers "
                "(key TEXT PRIMARY KEY, url TEXT NOT NULL, body BLOB NOT NULL, fetched_at REAL NOT NULL)"
            )
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"the cache of sources {path} cannot be used: {error}") from error

    def get(self, key: str) -> bytes | None:
        row = self._connection.execute(
            "SELECT body FROM answers WHERE key = ? AND fetched_at > ?", (key, self._clock() - self._kept)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, key: str, url: str, body: bytes) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", (key, url, body, self._clock())
        )

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def request_key(url: str, params: Mapping[str, str]) -> str:
    """SHA-256 of address and sorted parameters. Keys and addresses of persons are not among them."""
    asked = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
    return hashlib.sha256(f"{url}?{asked}".encode()).hexdigest()
