"""A match log on disk: one JSON line a call, written as soon as it is answered."""

from __future__ import annotations

from pathlib import Path

from core.errors import StorageError, UserError
from ideation.ranking.match_log import Match, MatchLog, line


class MatchFile(MatchLog):
    """A log that stands in `path` too. A line cut short by a kill is dropped on opening."""

    def __init__(self, path: Path) -> None:
        """Raises:
        UserError: the file is no match log.
        StorageError: it cannot be read or written.
        """
        super().__init__()
        self.path = path
        self.torn = False
        """Whether the last line was cut short, and dropped."""
        try:
            text = self._whole()
            for match in MatchLog.from_jsonl(text):
                super().append(match)
        except UnicodeDecodeError as fault:
            raise UserError(f"{path} is not a match log: it is not UTF-8 text") from fault
        except UserError as fault:
            raise UserError(f"{path} is {fault}") from fault
        except OSError as fault:
            raise StorageError(f"{path} cannot be used: {fault}") from fault

    def _whole(self) -> str:
        data = self.path.read_bytes() if self.path.exists() else b""
        end = data.rfind(b"\n") + 1
        text = data[:end].decode("utf-8")
        self.torn = end < len(data)
        if self.torn:
            with self.path.open("r+b") as file:
                file.truncate(end)
        return text

    def append(self, match: Match) -> None:
        super().append(match)
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line(match))
        except OSError as fault:
            raise StorageError(f"{self.path} cannot be written: {fault}") from fault
