"""Where graph state is kept between nodes: a SQLite file without secrets, or nowhere beyond this process.

Checkpoints are read back with strict msgpack: no type but the safe built-in ones is ever rebuilt.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.errors import StorageError

if TYPE_CHECKING:
    from sqlite3 import Connection

    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer


BUSY_SECONDS = 15
"""How long a write waits for another process; each takes well under a millisecond."""


class Checkpoints(Protocol):
    """Opens a checkpointer in the running event loop, and closes it."""

    async def open(self) -> BaseCheckpointSaver[str]: ...

    async def close(self) -> None: ...


def strict_serializer(*, keeps_secrets: bool = False) -> JsonPlusSerializer:
    """msgpack without pickle and without types from outside the built-in safe list."""
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    from atlas.redacting import RedactingSerializer

    kind = JsonPlusSerializer if keeps_secrets else RedactingSerializer
    return kind(pickle_fallback=False, allowed_msgpack_modules=None)


class SqliteCheckpoints:
    """A SQLite file in WAL mode. A killed process loses no finished node."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: Connection | None = None
        self._saver: BaseCheckpointSaver[str] | None = None

    async def open(self) -> BaseCheckpointSaver[str]:
        """Raises:
        StorageError: the file cannot be opened.
        """
        import sqlite3

        from atlas.inline_saver import InlineSqliteSaver

        if self._saver is not None:
            return self._saver
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, check_same_thread=False)
            # Under WAL, NORMAL survives a killed process; a power cut can lose the last nodes, which then
            # run again.
            self._connection.execute("PRAGMA synchronous=NORMAL")
            saver = InlineSqliteSaver(self._connection, serde=strict_serializer())
            saver.setup()
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"cannot open the checkpoint file {self._path}: {error}") from error
        self._saver = saver
        return saver

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._saver = None


class MemoryCheckpoints:
    """Keeps state in this process, for work that need not be resumed."""

    def __init__(self) -> None:
        self._saver: BaseCheckpointSaver[str] | None = None

    async def open(self) -> BaseCheckpointSaver[str]:
        from langgraph.checkpoint.memory import InMemorySaver

        if self._saver is None:
            self._saver = InMemorySaver(serde=strict_serializer(keeps_secrets=True))
        return self._saver

    async def close(self) -> None:
        self._saver = None
