from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.web.home import Home
from core.settings import Settings
from tests.app.conftest import Taught
from tests.app.web.written import Written, write_run


@pytest.fixture
def taught_home(taught: Taught) -> Iterator[Home]:
    with Home(Settings(home=taught.terminal.home)) as home:
        yield home


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A home with one run whose every text is markup; read it only."""
    folder: Path = tmp_path_factory.mktemp("written")
    return write_run(Settings(home=folder / "home"))
