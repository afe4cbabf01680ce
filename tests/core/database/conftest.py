from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from core.database.engine import parse_url

POSTGRES = os.environ.get("ATLAS_TEST_POSTGRES_URL")  # noqa: TID251
"""Read when tests are collected: a running test sees no settings of the developer's."""


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A fresh schema on the server that ATLAS_TEST_POSTGRES_URL names."""
    base = POSTGRES
    if not base:
        pytest.skip("set ATLAS_TEST_POSTGRES_URL to test on PostgreSQL")
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(parse_url(base), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield f"{base}{'&' if '?' in base else '?'}options=-csearch_path%3D{schema}"
    with engine.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'atlas.db'}"
    return str(request.getfixturevalue("postgres_url"))
