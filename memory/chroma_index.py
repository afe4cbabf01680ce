"""`VectorIndex` over Chroma: a folder of its own, or a Chroma server. The only file that imports chromadb."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from core.errors import StorageError
from memory.vector_index import IndexEntry, IndexMark

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from chromadb.config import Settings

COLLECTION = "atlas-pamphlets"
LOCK = "in-use.lock"
WRITE_BATCH = 250
SERVER_SECONDS = 10.0


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise
    # Chroma fails in many types (its own, ValueError, KeyError, the binding's panics), and none may reach an
    # agent: the index is disposable.
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)):
            raise
        reason = str(error).strip().splitlines()
        raise StorageError(
            f"the Chroma index {where}: {reason[0] if reason else type(error).__name__}"
        ) from error


class ChromaIndex:
    """Opened at its first use. A folder belongs to one process at a time, which a lock file holds: a second
    reader in Chroma 1.5 would silently miss what the first one writes.
    """

    def __init__(self, opener: _Folder | _Server, collection: str = COLLECTION) -> None:
        self._opener, self._name = opener, collection
        self._client: Client | None = None
        self._collection: Collection | None = None

    @classmethod
    def in_folder(cls, folder: Path) -> ChromaIndex:
        return cls(_Folder(folder))

    @classmethod
    def on_server(
        cls,
        host: str,
        port: int = 8000,
        *,
        ssl: bool = False,
        headers: Mapping[str, str] | None = None,
        collection: str = COLLECTION,
    ) -> ChromaIndex:
        """Several processes may share a server; each memory needs a collection of its own."""
        return cls(_Server(host, port, ssl, dict(headers or {})), collection)

    def mark(self) -> IndexMark | None:
        with _explained(self._opener.where):
            stored: Mapping[str, Any] = self._open().metadata or {}
            if "library_id" not in stored:
                return None
            return IndexMark(
                library_id=str(stored["library_id"]),
                embedder_id=str(stored["embedder_id"]),
                change=int(stored["change"]),
            )

    def write(self, entries: Sequence[IndexEntry], removed: Sequence[str], mark: IndexMark) -> None:
        with _explained(self._opener.where):
            collection = self._open()
            for start in range(0, len(entries), WRITE_BATCH):
                batch = entries[start : start + WRITE_BATCH]
                collection.upsert(
                    ids=[entry.item_id for entry in batch],
                    embeddings=np.stack([entry.vector for entry in batch]),
                    metadatas=[{"version": entry.version} for entry in batch],
                )
            if removed:
                collection.delete(ids=list(removed))
            collection.modify(
                metadata={
                    "library_id": mark.library_id,
                    "embedder_id": mark.embedder_id,
                    "change": mark.change,
                }
            )

    def query(self, vector: NDArray[np.float32], limit: int) -> tuple[tuple[str, int], ...]:
        with _explained(self._opener.where):
            found = self._open().query(
                query_embeddings=vector[np.newaxis], n_results=limit, include=["metadatas"]
            )
            ids, metadatas = found["ids"][0], (found["metadatas"] or [[]])[0]
            return tuple(
                (item, int(str(meta["version"]))) for item, meta in zip(ids, metadatas, strict=True) if meta
            )

    def count(self) -> int:
        with _explained(self._opener.where):
            return self._open().count()

    def clear(self) -> None:
        try:
            self._open()
            with _explained(self._opener.where):
                assert self._client is not None
                self._collection = None
                self._client.delete_collection(self._name)
        except StorageError:
            self._close_client()
            with _explained(self._opener.where):
                self._opener.wipe()

    def close(self) -> None:
        self._close_client()
        self._opener.release()

    def _open(self) -> Collection:
        if self._collection is None:
            with _explained(self._opener.where):
                self._client = self._client or self._opener.open()
                self._collection = self._client.get_or_create_collection(
                    self._name, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
                )
        return self._collection

    def _close_client(self) -> None:
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            with _explained(self._opener.where):
                client.close()


class _Folder:
    """A Chroma folder, held by this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: IO[str] | None = None

    @property
    def where(self) -> str:
        return f"in {self._folder}"

    def open(self) -> Client:
        import chromadb

        self._hold()
        client = chromadb.PersistentClient(path=str(self._folder / "data"), settings=_settings())
        return cast("Client", client)

    def wipe(self) -> None:
        self._hold()
        shutil.rmtree(self._folder / "data", ignore_errors=True)

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _hold(self) -> None:
        if self._lock is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = (self._folder / LOCK).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StorageError(f"the Chroma index in {self._folder} is in use by another process") from None
        self._lock = lock


class _Server:
    """A Chroma server."""

    def __init__(self, host: str, port: int, ssl: bool, headers: dict[str, str]) -> None:
        self._host, self._port, self._ssl, self._headers = host, port, ssl, headers
        self._sessions: list[Any] = []

    @property
    def where(self) -> str:
        return f"at {self._host}:{self._port}"

    def open(self) -> Client:
        import chromadb

        opened = chromadb.HttpClient(
            host=self._host, port=self._port, ssl=self._ssl, headers=self._headers, settings=_settings()
        )
        client = cast("Client", opened)
        # Chroma 1.5 waits for ever on its two connections and never closes them.
        servers: tuple[Any, ...] = (client._server, client._admin_client)
        self._sessions = [getattr(server, "_server", server)._session for server in servers]
        for session in self._sessions:
            session.timeout = SERVER_SECONDS
        return client

    def wipe(self) -> None:
        raise StorageError(f"the Chroma server at {self._host}:{self._port} cannot be used")

    def release(self) -> None:
        while self._sessions:
            self._sessions.pop().close()


def _settings() -> Settings:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)
