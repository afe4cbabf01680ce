"""Every call of a run on disk as it is made: a killed run goes on, and a finished one repeats for free."""

from __future__ import annotations

from pathlib import Path

from core.chat import ChatModel, ChatReply, ChatRequest
from core.models.replay import RecordingModel, ReplayModel


class LoggedModel:
    """Answers from the log where the call was made before, and asks `inner` where it was not.

    A kill loses the calls in flight and no other. Raises `UserError` when made over a damaged log.
    """

    def __init__(self, inner: ChatModel, path: Path) -> None:
        self._inner = inner
        if path.exists():
            _drop_half_a_line(path)
        self._recording = RecordingModel(inner, path)
        self._replay = ReplayModel(path) if path.exists() else None
        self.repeated, self.made = 0, 0

    @property
    def name(self) -> str:
        return self._inner.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        if self._replay is not None and self._replay.knows(request):
            self.repeated += 1
            return await self._replay.complete(request)
        self.made += 1
        return await self._recording.complete(request)

    async def close(self) -> None:
        await self._inner.close()


def _drop_half_a_line(path: Path) -> None:
    """What a kill cut off in the middle of a line was not acknowledged."""
    with path.open("r+b") as file:
        whole = file.read()
        file.truncate(whole.rfind(b"\n") + 1)
