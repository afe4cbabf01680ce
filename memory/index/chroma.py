"""`VectorIndex` over Chroma: a folder of its own, or a Chroma server. The only file that imports chromadb."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from core.errors import StorageError
from memory.index.folder import HeldFolder
from memory.index.seam import TIE, IndexEntry, IndexMark, Vector
from memory.items import ItemId

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from chromadb.config import Settings

ABOUT = "about-this-index"
"""The collection that carries the mark; the others are sections."""
HNSW = {"space": "cosine", "max_neighbors": 32, "ef_construction": 400, "ef_search": 400}
"""Of 2,000 vectors in tight clusters Chroma's own (16, 100, 100) overlooks one to four in a hundred, even
asked for the very vector; these overlook none, and add half a millisecond to a query among 10,000. No setting
helps one that is unlike all else, or many that are all equally far apart: `overlooked` finds those.
"""
WRITE_BATCH = 250
PAGE = 500
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
    """One generation, opened at its first use; every section is a collection, which a query need not filter.

    A folder belongs to one process at a time: a second reader in Chroma 1.5 would silently miss what the
    first one writes. Several processes may share a server.
    """

    def __init__(self, place: _Folder | _Server) -> None:
        self._place: _Place = place
        self._client: Client | None = None
        # A section that is known not to be there is None: asking Chroma costs as much as a query.
        self._sections: dict[str, Collection | None] = {}

    @classmethod
    def in_folder(cls, folder: Path, generation: str) -> ChromaIndex:
        return cls(_Folder(folder, generation))

    @classmethod
    def on_server(
        cls,
        host: str,
        port: int,
        library_id: str,
        generation: str,
        *,
        ssl: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> ChromaIndex:
        """Memories that share a server are told apart by `library_id`."""
        return cls(_Server(host, port, ssl, dict(headers or {}), library_id, generation))

    def unavailable(self) -> str | None:
        try:
            with _explained(self._place.where):
                return self._place.unavailable()
        except StorageError as error:
            return str(error)

    def mark(self) -> IndexMark | None:
        with _explained(self._place.where):
            if not self._place.exists():
                return None
            found = self._find(ABOUT)
            if found is None:
                return None
            stored: Mapping[str, Any] = found.metadata or {}
            return IndexMark(embedder_id=str(stored["embedder_id"]))

    def create(self, mark: IndexMark) -> None:
        with _explained(self._place.where):
            self._place.make()
            self._make(ABOUT, {"embedder_id": mark.embedder_id})

    def upsert(self, section: str, entries: Sequence[IndexEntry]) -> None:
        with _explained(self._place.where):
            collection = self._section(section)
            if collection is None:
                collection = self._sections[section] = _ready(self._make(section, None))
            for start in range(0, len(entries), WRITE_BATCH):
                batch = entries[start : start + WRITE_BATCH]
                collection.upsert(
                    ids=[entry.item_id for entry in batch],
                    embeddings=np.stack([entry.vector for entry in batch]),
                    metadatas=[
                        {
                            "version": entry.version,
                            "content_hash": entry.content_hash,
                            "embedder_id": entry.embedder_id,
                        }
                        for entry in batch
                    ],
                )

    def delete(self, section: str, ids: Sequence[ItemId]) -> None:
        with _explained(self._place.where):
            collection = self._section(section)
            if collection is not None and ids:
                collection.delete(ids=list(ids))

    def query(self, section: str, vector: Vector, limit: int) -> tuple[tuple[ItemId, int], ...]:
        with _explained(self._place.where):
            collection = self._section(section)
            if collection is None or limit < 1:
                return ()
            found = collection.query(
                query_embeddings=vector[np.newaxis], n_results=limit, include=["metadatas"]
            )
            ids, metadatas = found["ids"][0], (found["metadatas"] or [[]])[0]
            return tuple(
                (ItemId(item), int(str(meta["version"])))
                for item, meta in zip(ids, metadatas, strict=True)
                if meta
            )

    def overlooked(self, section: str, vectors: Mapping[ItemId, Vector]) -> tuple[ItemId, ...]:
        asked = [(item_id, vector) for item_id, vector in vectors.items() if vector.any()]
        missed: list[ItemId] = []
        with _explained(self._place.where):
            collection = self._section(section)
            for start in range(0, len(asked), WRITE_BATCH):
                batch = asked[start : start + WRITE_BATCH]
                if collection is None:
                    missed.extend(item_id for item_id, _ in batch)
                    continue
                found = collection.query(
                    query_embeddings=np.stack([vector for _, vector in batch]),
                    n_results=1,
                    include=["distances"],
                )
                nearest = zip(batch, found["distances"] or (), strict=True)
                missed.extend(item_id for (item_id, _), near in nearest if not near or near[0] > TIE)
        return tuple(missed)

    def sections(self) -> tuple[str, ...]:
        with _explained(self._place.where):
            prefix = self._place.prefix
            names = [found.name for found in self._opened().list_collections()]
            ours = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
            return tuple(sorted(name for name in ours if name != ABOUT))

    def entries(self, section: str) -> Iterator[Sequence[IndexEntry]]:
        offset = 0
        while page := self._page(section, offset):
            yield page
            offset += len(page)

    def drop(self) -> None:
        self.close()
        with _explained(self._place.where):
            self._place.drop()

    def drop_others(self, *, abandoned: bool = False) -> None:
        with _explained(self._place.where):
            if self._place.sole or not abandoned:
                self._place.drop_others()

    def close(self) -> None:
        client, self._client = self._client, None
        self._sections.clear()
        try:
            if client is not None:
                with _explained(self._place.where):
                    client.close()
        except StorageError:
            pass  # there is nothing more to be done with it
        finally:
            self._place.release()

    def _page(self, section: str, offset: int) -> list[IndexEntry]:
        with _explained(self._place.where):
            collection = self._section(section)
            if collection is None:
                return []
            found = collection.get(limit=PAGE, offset=offset, include=["embeddings", "metadatas"])
            vectors = np.asarray(found["embeddings"], dtype=np.float32)
            return [
                IndexEntry(
                    item_id=ItemId(item),
                    version=int(str(meta["version"])),
                    content_hash=str(meta["content_hash"]),
                    embedder_id=str(meta["embedder_id"]),
                    vector=vector,
                )
                for item, meta, vector in zip(found["ids"], found["metadatas"] or (), vectors, strict=True)
            ]

    def _section(self, section: str) -> Collection | None:
        if section in self._sections:
            return self._sections[section]
        found = self._find(section)
        if found is not None:
            _ready(found)
        if found is None and not self._place.sole and self._find(ABOUT) is None:
            raise StorageError(f"the Chroma index {self._place.where} is not there any more")
        if found is not None or self._place.sole:
            self._sections[section] = found
        return found

    def _find(self, name: str) -> Collection | None:
        from chromadb.errors import NotFoundError

        try:
            return self._opened().get_collection(self._place.prefix + name, embedding_function=None)
        except NotFoundError:
            return None

    def _make(self, name: str, metadata: Mapping[str, str] | None) -> Collection:
        return self._opened().get_or_create_collection(
            self._place.prefix + name,
            configuration=cast(Any, {"hnsw": HNSW}),
            embedding_function=None,
            metadata=None if metadata is None else dict(metadata),
        )

    def _opened(self) -> Client:
        if self._client is None:
            self._client = self._place.open()
        return self._client


def _ready(collection: Collection) -> Collection:
    """Read once before anything is written: Chroma 1.5 applies a collection's log when a process first reads
    it, and what this process has written by then a second time, which takes seconds for a thousand entries.
    """
    collection.get(limit=1, include=[])
    return collection


class _Place(Protocol):
    """Where the generation is kept. `sole`: nobody but this process can write there."""

    sole: bool
    prefix: str

    @property
    def where(self) -> str: ...
    def unavailable(self) -> str | None: ...
    def exists(self) -> bool: ...
    def make(self) -> None: ...
    def open(self) -> Client: ...
    def drop(self) -> None: ...
    def drop_others(self) -> None: ...
    def release(self) -> None: ...


class _Folder(HeldFolder):
    """A Chroma folder, held by this process."""

    sole = True
    prefix = ""

    def exists(self) -> bool:
        return (self.path / "chroma.sqlite3").exists()

    def open(self) -> Client:
        import chromadb

        if not self.path.is_dir():
            raise StorageError(f"the Chroma index {self.where} is missing")
        self.hold()
        try:
            return cast("Client", chromadb.PersistentClient(path=str(self.path), settings=_settings()))
        except BaseException:
            _forget(self.path)
            raise


class _Server:
    """Collections of a Chroma server, named by memory, generation and section."""

    sole = False

    def __init__(
        self, host: str, port: int, ssl: bool, headers: dict[str, str], library_id: str, generation: str
    ) -> None:
        self._host, self._port, self._ssl, self._headers = host, port, ssl, headers
        self._library, self.prefix = f"{library_id}.", f"{library_id}.{generation}."
        self._client: Client | None = None

    @property
    def where(self) -> str:
        return f"at {self._host}:{self._port}"

    def unavailable(self) -> str | None:
        return None

    def exists(self) -> bool:
        return True

    def make(self) -> None:
        """Its collections are all there is."""

    def open(self) -> Client:
        import chromadb

        opened = chromadb.HttpClient(
            host=self._host, port=self._port, ssl=self._ssl, headers=self._headers, settings=_settings()
        )
        self._client = cast("Client", opened)
        for session in self._sessions():
            session.timeout = SERVER_SECONDS
        return self._client

    def drop(self) -> None:
        self._drop(lambda name: name.startswith(self.prefix))
        self.release()

    def drop_others(self) -> None:
        self._drop(lambda name: name.startswith(self._library) and not name.startswith(self.prefix))

    def release(self) -> None:
        for session in self._sessions():
            session.close()
        self._client = None

    def _drop(self, chosen: Callable[[str], bool]) -> None:
        client = self._client or self.open()
        for found in client.list_collections():
            if chosen(found.name):
                client.delete_collection(found.name)

    def _sessions(self) -> list[Any]:
        """Chroma 1.5 waits for ever on its two connections and never closes them."""
        if self._client is None:
            return []
        servers: tuple[Any, ...] = (self._client._server, self._client._admin_client)
        return [getattr(server, "_server", server)._session for server in servers]


def _forget(path: Path) -> None:
    """Chroma 1.5 keeps a half-started system of a folder that it could not open, and hands it out again."""
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient._identifier_to_system.pop(str(path), None)


def _settings() -> Settings:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)
