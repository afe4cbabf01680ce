"""`open_pamphlets`: one call that gives another program a library of pamphlets."""

from __future__ import annotations

import weakref
from collections.abc import Collection
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from core.database import Database, DatabaseState, check, upgrade
from core.embedder import Embedder
from core.errors import UserError
from memory.embedding.choice import build_embedder
from memory.index.keeper import IndexKeeper
from memory.index.seam import OpenIndex
from memory.ledger.writing import writing
from memory.library import PamphletLibrary
from memory.sql.rows import memory_state
from memory.sql.tables import MEMORY_TABLES

CHROMA_PORT = 8000
"""Where `chroma run` listens unless it is told another."""


def open_pamphlets(
    url: str | None = None,
    *,
    embedder: str | Embedder = "packaged",
    index: Path | str | None = None,
    frozen: bool = False,
    tools: Collection[str] | None = None,
) -> PamphletLibrary:
    """Open the memory at an SQLAlchemy URL, or an empty one that lives as long as the object.

    A missing SQLite file is made and an older schema upgraded. A `frozen` library learns and credits nothing,
    and makes no database. `embedder` is `packaged`, `lexical` or one of the caller's own. `index` is the
    folder of a Chroma index, which one process at a time can use while the others compare exactly, or the
    `http://HOST:PORT` of a Chroma server, which all share. `tools` are the names that actions may call; None
    lets any pass.

    The library owns what was opened here: `close()` closes all of it.

    Raises:
        UserError: no such embedder, a URL that cannot be read or written, a database of another program or of
            a newer version, a frozen memory that is not there.
        StorageError: the packaged embedder is not installed, or the database failed.
    """
    model = build_embedder(embedder).embedder if isinstance(embedder, str) else embedder
    with ExitStack() as undone:
        database = undone.enter_context(_open(url, must_exist=frozen))
        keeper = None if index is None else _keeper(database, model, index)
        library = PamphletLibrary(database, model, keeper, frozen=frozen, tools=tools, owns_database=True)
        undone.pop_all()
    if keeper is not None:
        # A thread that is still inside Chroma when the interpreter ends takes the process down with it.
        weakref.finalize(library, keeper.close)
    return library


def _open(url: str | None, *, must_exist: bool) -> Database:
    database = Database(url or "sqlite://")
    if database.url.get_backend_name() == "sqlite" and database.path is None:
        return Database.in_memory(*MEMORY_TABLES)
    assert url is not None
    state = check(url)
    if must_exist and state in (DatabaseState.MISSING, DatabaseState.EMPTY):
        raise UserError(f"there is no memory at {database.shown_url}: open it once for writing")
    if state is not DatabaseState.CURRENT:
        upgrade(url)
    return database


def _keeper(database: Database, embedder: Embedder, place: Path | str) -> IndexKeeper:
    keeper = IndexKeeper(database, embedder, index_at(place, database))
    keeper.start()
    return keeper


def index_at(place: Path | str, database: Database) -> OpenIndex:
    """Opens generations of a Chroma index in a folder, or on a server where the place is a web address.

    Raises:
        UserError: an address without a host, or with a port that is none.
    """
    from memory.index.chroma import ChromaIndex

    if not str(place).startswith(("http://", "https://")):
        return partial(ChromaIndex.in_folder, Path(place))
    try:
        address = urlsplit(str(place))
        host, port, ssl = address.hostname, address.port, address.scheme == "https"
    except ValueError:
        host = None
    if not host:
        raise UserError("the address of the Chroma server cannot be read: write http://HOST:PORT")
    port = port or (443 if ssl else CHROMA_PORT)
    return lambda generation: ChromaIndex.on_server(host, port, _library_id(database), generation, ssl=ssl)


def _library_id(database: Database) -> str:
    """What tells this memory from others on one server. It has an id from its first write on."""
    with database.reading() as session:
        known, _ = memory_state(session)
    if not known:
        with writing(database, lambda: datetime.now(UTC)):
            pass
        return _library_id(database)
    return known
