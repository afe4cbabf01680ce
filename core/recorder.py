"""The `Recorder` seam: where work tells what happens while it happens.

A recorder belongs to one task of one run. It stores steps, calls and events as they come, and it is
where a budget speaks up, so that no other code counts tokens or money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.chat import ChatModel, ChatReply, ChatRequest
from core.usage import Role

if TYPE_CHECKING:
    from core.episode import Episode, Step
    from core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailure:
    """A model call that gave no reply: it is in the ledger too."""

    message: str
    latency_seconds: float


class Recorder(Protocol):
    """Stores what happens in one task of one run; every write is idempotent by its key."""

    @property
    def run_id(self) -> str: ...

    @property
    def task_key(self) -> str:
        """Unique in the run: `TaskId`, with a repeat's number where a task is worked more than once."""
        ...

    def check_budget(self) -> None:
        """Raises:
        LimitReached: tokens, money or time of the run or the task are spent.
        """
        ...

    def step(self, attempt: int, step: Step) -> None: ...

    def call(self, role: Role, model: str, request: ChatRequest, reply: ChatReply | CallFailure) -> None: ...

    def tokens(self, role: Role) -> int:
        """Tokens of every kind that the task's calls of one role came to so far."""
        ...

    def attempt(self, episode: Episode) -> None: ...

    def event(self, event: Event) -> None: ...


class MeteredModel:
    """A `ChatModel` whose calls stand in the ledger under one role, and stop at the budget."""

    def __init__(self, model: ChatModel, role: Role, recorder: Recorder) -> None:
        self._model, self._role, self._recorder = model, role, recorder

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        import time

        from core.errors import AtlasError

        self._recorder.check_budget()
        started = time.perf_counter()
        try:
            reply = await self._model.complete(request)
        except AtlasError as error:
            failure = CallFailure(message=str(error), latency_seconds=time.perf_counter() - started)
            self._recorder.call(self._role, self.name, request, failure)
            raise
        self._recorder.call(self._role, self.name, request, reply)
        return reply

    async def close(self) -> None:
        await self._model.close()
