"""`open_pamphlets`: one call that gives another program a library of pamphlets."""

from __future__ import annotations

import weakref
from collections.abc import Collection
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from core.database import Database, DatabaseState, check, upgrade
from core.embedder import Embedder
from core.errors import UserError
from memory.embedding.choice import build_embedder
from memory.index.keeper import IndexKeeper
from memory.library import PamphletLibrary
from memory.sql.tables import MEMORY_TABLES


def open_pamphlets(
    url: str | None = None,
    *,
    embedder: str | Embedder = "packaged",
    index: Path | None = None,
    frozen: bool = False,
    tools: Collection[str] | None = None,
) -> PamphletLibrary:
    """Open the memory at an SQLAlchemy URL, or an empty one that lives as long as the object.

    A missing SQLite file is made and an older schema upgraded. A `frozen` library learns and credits nothing,
    and makes no database. `embedder` is `packaged`, `lexical` or one of the caller's own. `index` is the
    folder of a Chroma index: one process at a time can use it, the others compare exactly. `tools` are the
    names that actions may call; None lets any pass.

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


def _keeper(database: Database, embedder: Embedder, folder: Path) -> IndexKeeper:
    from memory.index.chroma import ChromaIndex

    keeper = IndexKeeper(database, embedder, partial(ChromaIndex.in_folder, folder))
    keeper.start()
    return keeper
