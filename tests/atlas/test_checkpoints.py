"""Checkpoints are read strictly, and a broken file is a clear error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from atlas.checkpoints import SqliteCheckpoints, strict_serializer
from atlas.state import initial_state
from core.errors import StorageError


@dataclass
class Foreign:
    value: int


def test_state_survives_the_serializer() -> None:
    serializer = strict_serializer()
    state = {**initial_state(), "items": ["a"], "reward": 0.5}
    assert serializer.loads_typed(serializer.dumps_typed(state)) == state


def test_a_type_from_outside_is_not_rebuilt() -> None:
    serializer = strict_serializer()
    assert not isinstance(serializer.loads_typed(serializer.dumps_typed(Foreign(1))), Foreign)


async def test_a_file_that_is_no_database_is_a_storage_error(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    checkpoints = SqliteCheckpoints(path)
    with pytest.raises(StorageError, match=r"cannot open the checkpoint file"):
        await checkpoints.open()
    await checkpoints.close()


async def test_opening_twice_is_the_same_checkpointer(tmp_path: Path) -> None:
    checkpoints = SqliteCheckpoints(tmp_path / "home" / "checkpoints.sqlite")
    assert await checkpoints.open() is await checkpoints.open()
    await checkpoints.close()
