from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from core.database import Database, open_database
from core.database.engine import parse_url
from memory.lexical_embedder import LexicalEmbedder
from memory.library import PamphletLibrary
from memory.tables import MEMORY_TABLES

POSTGRES = os.environ.get("ATLAS_TEST_POSTGRES_URL")  # noqa: TID251
"""Read when tests are collected: a running test sees no settings of the developer's."""


@pytest.fixture(scope="session")
def postgres_schema_url() -> Iterator[str]:
    """One migrated schema for all tests on PostgreSQL; each empties it."""
    if not POSTGRES:
        pytest.skip("set ATLAS_TEST_POSTGRES_URL to test on PostgreSQL")
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(parse_url(POSTGRES), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{schema}"
    open_database(url).close()
    yield url
    with engine.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["memory", "file", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "memory":
        opened = Database.in_memory(*MEMORY_TABLES)
    elif request.param == "file":
        opened = open_database(f"sqlite:///{tmp_path / 'atlas.db'}")
    else:
        opened = Database(str(request.getfixturevalue("postgres_schema_url")))
        with opened.session() as session:
            for table in reversed(MEMORY_TABLES):
                session.execute(table.delete())
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
