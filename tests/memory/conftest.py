from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.database import Database, open_database
from memory.embedding.lexical import LexicalEmbedder
from memory.library import PamphletLibrary
from memory.sql.tables import MEMORY_TABLES


@pytest.fixture(scope="session")
def empty_postgres(new_postgres_url: Callable[[], str]) -> Iterator[Callable[[], Database]]:
    """One migrated schema for all tests on PostgreSQL, emptied at each call."""
    names = ", ".join(("item_words", *(table.name for table in MEMORY_TABLES)))
    with open_database(new_postgres_url()) as opened:

        def emptied() -> Database:
            with opened.session() as session:
                session.execute(text(f"TRUNCATE {names} CASCADE"))
            return opened

        yield emptied


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite file, to be copied: the migrations take longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "atlas.db"
    open_database(f"sqlite:///{path}").close()
    assert [each.name for each in path.parent.iterdir()] == [path.name]  # no log that a copy would miss
    return path


@pytest.fixture(params=["memory", "file", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "memory":
        opened = Database.in_memory(*MEMORY_TABLES)
    elif request.param == "file":
        path = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "atlas.db")
        opened = open_database(f"sqlite:///{path}")
    else:
        opened = request.getfixturevalue("empty_postgres")()
    with opened:
        yield opened


@pytest.fixture
def library(database: Database) -> Iterator[PamphletLibrary]:
    library = PamphletLibrary(database, LexicalEmbedder())
    yield library
    library.close()


@pytest.fixture
def private_library() -> Iterator[PamphletLibrary]:
    library = PamphletLibrary.in_memory(LexicalEmbedder())
    yield library
    library.close()
