from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from core.database import Database, upgrade
from core.database.engine import parse_url

POSTGRES = os.environ.get("ATLAS_TEST_POSTGRES_URL")  # noqa: TID251
"""Read when tests are collected: a running test sees no settings of the developer's."""


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """A fresh schema on the server that ATLAS_TEST_POSTGRES_URL names."""
    if not POSTGRES:
        pytest.skip("set ATLAS_TEST_POSTGRES_URL to test on PostgreSQL")
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(parse_url(POSTGRES), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{schema}"
    with engine.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated database that the tests of a module share."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'runs.db'}"
    else:
        url = str(request.getfixturevalue("postgres_url"))
    upgrade(url)
    with Database(url) as opened:
        yield opened
