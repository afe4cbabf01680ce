from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.database import Database, upgrade


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated database that the tests of a module share."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'runs.db'}"
    else:
        url = request.getfixturevalue("new_postgres_url")()
    upgrade(url)
    with Database(url) as opened:
        yield opened
