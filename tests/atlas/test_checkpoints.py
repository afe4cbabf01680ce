"""Checkpoints are read strictly, and a broken file is a clear error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from atlas.checkpoints import MemoryCheckpoints, SqliteCheckpoints, strict_serializer
from atlas.drafts import dump_drafts, load_drafts
from atlas.state import initial_state
from core.errors import StorageError
from tests.atlas.parts import draft


@dataclass
class Foreign:
    value: int


def test_state_survives_the_serializer() -> None:
    serializer = strict_serializer()
    state = {**initial_state(), "items": ["a"], "reward": 0.5}
    assert serializer.loads_typed(serializer.dumps_typed(state)) == state


KEY = "q7Zp0LxV3nRt8KdW1yBc"


def test_no_secret_of_state_is_kept_and_drafts_are_read_again() -> None:
    serializer = strict_serializer()
    told = replace(draft(f'Use "{KEY}" and\npassword: '), cue="time")
    items = ["it_9f86d081884c7d659a2f", "it_60303ae22b998861bce3"]
    state = {**initial_state(), "items": items, "notes": [f"try {KEY}"], "drafts": dump_drafts([told])}
    checkpoint = {"id": "1f0c2a4e-8335-6428-8001-8a1503f9b875", "channel_values": state}
    kind, written = serializer.dumps_typed(checkpoint)
    assert KEY.encode() not in written
    kept = serializer.loads_typed((kind, written))
    assert kept["id"] == checkpoint["id"]
    assert (kept["channel_values"]["items"], kept["channel_values"]["notes"]) == (items, ["try [secret]"])
    (drafted,) = load_drafts(kept["channel_values"]["drafts"])
    assert drafted == replace(told, content='Use "[secret]" and\npassword: ')


@pytest.mark.parametrize("value", [ValueError(f"401 for {KEY}"), [f"the note {KEY}"], f"the note {KEY}"])
def test_no_secret_of_a_nodes_writes_and_errors_is_kept(value: object) -> None:
    _, written = strict_serializer().dumps_typed(value)
    assert KEY.encode() not in written
    assert b"[secret]" in written


async def test_in_this_process_nothing_is_lost() -> None:
    saver = await MemoryCheckpoints().open()
    assert saver.serde.loads_typed(saver.serde.dumps_typed([KEY])) == [KEY]


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
