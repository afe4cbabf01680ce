"""Recorded replies: a run without its provider, the same every time.

A recording is JSONL, one `Record` a line, without the secrets that were said. A request is known again by its
digest, whatever model answered and whatever secrets it holds.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict, deque
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from core.chat import ChatModel, ChatReply, ChatRequest
from core.errors import StorageError, UserError
from core.redaction import redacted

_REQUEST = TypeAdapter(ChatRequest)
_REPLY = TypeAdapter(ChatReply)


class Record(BaseModel):
    """One line of a recording; `digest` is the request's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: str
    request: ChatRequest
    reply: ChatReply


def request_digest(request: ChatRequest) -> str:
    """SHA-256, in hexadecimal, of the request as JSON with sorted keys."""
    return hashlib.sha256(_json(request).encode()).hexdigest()


def _json(request: ChatRequest) -> str:
    """Half a surrogate pair, as broken data holds it, becomes `?`, as it does where requests are sent."""
    text = json.dumps(_REQUEST.dump_python(request), sort_keys=True, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode("utf-8")


def _kept(request: ChatRequest) -> ChatRequest:
    """The request as a recording holds it: a reply that lost a secret there comes back in later requests."""
    return _REQUEST.validate_python(redacted(json.loads(_json(request))))


class RecordingModel:
    """Passes requests on to `inner` and appends what came back to the file `path`, made when needed."""

    def __init__(self, inner: ChatModel, path: Path) -> None:
        self._inner, self._path = inner, path

    @property
    def name(self) -> str:
        return self._inner.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """As `inner` does; a call that fails is not recorded.

        Raises:
            StorageError: the file cannot be written.
        """
        reply = await self._inner.complete(request)
        kept = _kept(request)
        told = _REPLY.validate_python(redacted(_REPLY.dump_python(reply)))
        line = Record(digest=request_digest(kept), request=kept, reply=told).model_dump_json()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise StorageError(f"the recording {self._path} cannot be written: {error.strerror}") from error
        return reply

    async def close(self) -> None:
        await self._inner.close()


class ReplayModel:
    """Answers from a recording: the replies to one and the same request come in the order recorded.

    Raises (when made):
        UserError: the file is missing, or a line of it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._replies: dict[str, deque[ChatReply]] = defaultdict(deque)
        for record in read_recording(path):
            self._replies[request_digest(_kept(record.request))].append(record.reply)
        self._asked: set[str] = set()

    @property
    def name(self) -> str:
        """`replay:FILE` without the folder."""
        return f"replay:{self._path.name}"

    def knows(self, request: ChatRequest) -> bool:
        """Whether there is a reply to it that was not given yet."""
        return bool(self._replies.get(request_digest(_kept(request))))

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Raises:
        UserError: the request is not in the recording, or was asked more often than it was recorded.
        """
        digest = request_digest(_kept(request))
        replies = self._replies.get(digest)
        if not replies:
            what = (
                "was asked more often than recorded" if digest in self._asked else "is not in the recording"
            )
            raise UserError(f"a request {what} ({self._path}, digest {digest[:12]}): record the run again")
        self._asked.add(digest)
        return replies.popleft()

    async def close(self) -> None:
        return None


def read_recording(path: Path) -> tuple[Record, ...]:
    """Every record in order. Empty lines are skipped.

    Raises:
        UserError: the file cannot be read, or a line is damaged; the message names the line.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UserError(f"the recording {path} cannot be read: {error.strerror}") from None
    return tuple(_record(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def _record(path: Path, number: int, line: bytes) -> Record:
    advice = "remove the line or record the run again"
    try:
        record = Record.model_validate_json(line)
    except ValidationError as error:
        raise UserError(
            f"{path}, line {number}: no record of a call ({error.errors()[0]['msg']}): {advice}"
        ) from None
    if record.digest != request_digest(record.request):
        raise UserError(f"{path}, line {number}: the request was changed since it was recorded: {advice}")
    return record
