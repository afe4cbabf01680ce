from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.database import Database, open_database
from memory.embedding.lexical import LexicalEmbedder
from memory.library import PamphletLibrary
from memory.sql.tables import MEMORY_TABLES


@pytest.fixture(scope="session")
def postgres_schema_url(new_postgres_url: Callable[[], str]) -> str:
    """One migrated schema for all tests on PostgreSQL; each empties it."""
    url = new_postgres_url()
    open_database(url).close()
    return url


@pytest.fixture(params=["memory", "file", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "memory":
        opened = Database.in_memory(*MEMORY_TABLES)
    elif request.param == "file":
        opened = open_database(f"sqlite:///{tmp_path / 'atlas.db'}")
    else:
        opened = Database(str(request.getfixturevalue("postgres_schema_url")))
        names = ", ".join(("item_words", *(table.name for table in MEMORY_TABLES)))
        with opened.session() as session:
            session.execute(text(f"TRUNCATE {names} CASCADE"))
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
