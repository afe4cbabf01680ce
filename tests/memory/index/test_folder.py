from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import StorageError
from memory.index.folder import LOCK, HeldFolder


def test_a_folder_is_made_held_and_released(tmp_path: Path) -> None:
    one, two = HeldFolder(tmp_path, "g"), HeldFolder(tmp_path, "g")
    one.make()
    one.make()
    assert "in use by process" in str(two.unavailable())
    one.release()
    assert two.unavailable() is None
    with pytest.raises(StorageError):
        one.make()
    two.release()


def test_asking_for_a_folder_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    assert HeldFolder(tmp_path / "index", "g").unavailable() is None
    HeldFolder(tmp_path / "index", "g").drop()
    assert not (tmp_path / "index").exists()


def test_a_lock_file_without_a_name_still_locks(tmp_path: Path) -> None:
    one, two = HeldFolder(tmp_path, "g"), HeldFolder(tmp_path, "g")
    one.make()
    (tmp_path / "g" / LOCK).write_text("")
    assert "in use by another process" in str(two.unavailable())
    one.release()


def test_dropping_removes_what_is_in_it_and_lets_go(tmp_path: Path) -> None:
    one = HeldFolder(tmp_path, "g")
    one.make()
    (tmp_path / "g" / "data").write_text("vectors")
    one.drop()
    assert list(tmp_path.iterdir()) == []
    again = HeldFolder(tmp_path, "g")
    again.make()
    again.release()


def test_only_folders_that_nobody_holds_are_dropped_with_the_others(tmp_path: Path) -> None:
    folders = [HeldFolder(tmp_path, name) for name in ("a", "b", "c")]
    for folder in folders:
        folder.make()
    folders[0].release()
    (tmp_path / "letters").mkdir()
    (tmp_path / "file").write_text("")
    folders[2].drop_others()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c", "file", "letters"]
    for folder in folders:
        folder.release()
