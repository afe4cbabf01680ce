from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.memory.filled import Filled, Shelf, copied, fill


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Filled]:
    folder = tmp_path_factory.mktemp("filled") / "home"
    return folder, fill(folder)


@pytest.fixture
def shelf(template: tuple[Path, Filled], tmp_path: Path) -> Shelf:
    """A filled home of the test's own."""
    return copied(template, tmp_path)


@pytest.fixture(scope="session")
def reader(template: tuple[Path, Filled], tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A filled home for tests that read it only."""
    return copied(template, tmp_path_factory.mktemp("reader"))
