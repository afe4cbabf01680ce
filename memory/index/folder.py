"""A folder with one generation of an index, which one process at a time may use."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import IO

from core.errors import StorageError

LOCK = "in-use.lock"


class HeldFolder:
    """`folder/generation`, held through a lock file in it that the system frees when the process ends.

    Generations are never named twice, so a lock file that is removed with its folder is not missed.
    """

    def __init__(self, folder: Path, generation: str) -> None:
        self._folder, self.path = folder, folder / generation
        self._lock: IO[str] | None = None

    @property
    def where(self) -> str:
        return f"in {self.path}"

    def unavailable(self) -> str | None:
        """Hold the folder if it is there; why that cannot be, or None."""
        try:
            if self.path.is_dir():
                self.hold()
        except StorageError as error:
            return str(error)
        return None

    def make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self.hold()

    def hold(self) -> None:
        """Raises:
        StorageError: another process holds it.
        """
        if self._lock is not None:
            return
        lock = (self.path / LOCK).open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            owner = lock.read().strip()
            lock.close()
            who = f"process {owner}" if owner else "another process"
            raise StorageError(f"the index {self.where} is in use by {who}") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def drop(self) -> None:
        """Raises:
        StorageError: another process holds it.
        """
        if self.path.is_dir():
            self.hold()
            shutil.rmtree(self.path, ignore_errors=True)
        self.release()

    def drop_others(self) -> None:
        """Remove the folders beside this one that nobody holds."""
        for other in sorted(self._folder.iterdir()):
            if other != self.path and (other / LOCK).is_file():
                folder = HeldFolder(self._folder, other.name)
                if folder.unavailable() is None:
                    folder.drop()

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
