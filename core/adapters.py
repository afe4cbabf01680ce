"""The `AdapterBackend` seam: trains small weights on top of a base model and answers with them.

Who asks (the idea pipeline, a run of episodes) hands over a file of examples and gets a name back; from then
on `adapter:NAME` is a model SPEC like any other. The file is JSON lines in the two forms below, which are
those of Hugging Face TRL ("messages", and "prompt" / "chosen" / "rejected").
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.chat import ChatModel, ChatReply, ChatRequest
from core.errors import UserError
from core.models.scripted import Line, ScriptedModel
from core.registry import Registry
from core.spec import Spec, SpecKind, parse_spec

if TYPE_CHECKING:
    from core.settings import Settings

FAULTS_SHOWN = 5
Value = str | int | float | bool


class TrainingKind(StrEnum):
    SFT = "sft"
    """Answer as the example does."""
    PREFERENCE = "preference"
    """Answer rather as the chosen than as the rejected one (DPO and its kin)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterLimits:
    """What training may take; None leaves it to the backend."""

    steps: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterRequest:
    """An adapter wanted. `base_model` is as the backend names its models, `data` a file of examples of that
    kind, `data_digest` its SHA-256, so that what was trained on can be proven later.
    """

    name: str
    kind: TrainingKind
    base_model: str
    data: Path
    data_digest: str
    seed: int = 0
    limits: AdapterLimits = field(default_factory=AdapterLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterHandle:
    """An adapter that is there. `digest` is that of its weights; `manifest` says how it came to be."""

    name: str
    digest: str
    manifest: Mapping[str, Value] = field(default_factory=dict)

    @property
    def spec(self) -> Spec:
        return Spec(kind=SpecKind.ADAPTER, target=self.name)


class AdapterBackend(Protocol):
    """Trains adapters, keeps them by name, and answers with them."""

    async def train(self, request: AdapterRequest) -> AdapterHandle:
        """Train and keep.

        Raises:
            UserError: the name, the file or the base model cannot be used.
            ProviderError: training failed.
            LimitReached: a limit ended training before there was anything to keep.
        """
        ...

    def load(self, name: str) -> AdapterHandle:
        """Raises:
        UserError: there is no such adapter; the message names those there are.
        """
        ...

    def names(self) -> tuple[str, ...]:
        """Those that can be loaded, sorted."""
        ...

    def model(self, name: str) -> ChatModel:
        """The base model with the adapter on it, named `adapter:NAME`; the caller closes it.

        Raises:
            UserError: there is no such adapter.
        """
        ...


BACKENDS: Registry[Callable[[Settings], AdapterBackend]] = Registry(
    "adapter backend", {"tune": "adaptation.serving.backend:open_backend"}, group="atlas.adapter_backends"
)
"""What makes a backend from the settings."""


def open_backend(
    settings: Settings, backends: Registry[Callable[[Settings], AdapterBackend]] = BACKENDS
) -> AdapterBackend:
    """The installed backend; of several the first by name.

    Raises:
        UserError: none is installed.
    """
    names = backends.names()
    if not names:
        raise UserError("no adapter backend is installed, so no adapter can be trained or used")
    return backends.load(names[0])(settings)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Turn(_Row):
    role: Literal["system", "user", "assistant"]
    content: str = Field(min_length=1)


class SftExample(_Row):
    """The last turn is what is learned. `about` is for people and filters; no trainer reads it."""

    messages: tuple[Turn, ...] = Field(min_length=2)
    about: dict[str, Value] = Field(default_factory=dict)


class PreferenceExample(_Row):
    """`weight` multiplies the example's loss where the trainer knows weights."""

    prompt: tuple[Turn, ...] = Field(min_length=1)
    chosen: tuple[Turn, ...] = Field(min_length=1)
    rejected: tuple[Turn, ...] = Field(min_length=1)
    weight: float = Field(default=1.0, ge=0.0, allow_inf_nan=False)
    about: dict[str, Value] = Field(default_factory=dict)


Example = SftExample | PreferenceExample
_SHAPES: Mapping[TrainingKind, type[SftExample] | type[PreferenceExample]] = {
    TrainingKind.SFT: SftExample,
    TrainingKind.PREFERENCE: PreferenceExample,
}


def write_examples(path: Path, examples: Sequence[Example]) -> str:
    """Write a file of examples, one a line, and give its SHA-256 in hex digits.

    Raises:
        UserError: the file cannot be written.
    """
    text = "".join(f"{each.model_dump_json()}\n" for each in examples)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error
    return hashlib.sha256(text.encode()).hexdigest()


def read_examples(request: AdapterRequest) -> tuple[Example, ...]:
    """The examples of a request's file, which must be the file that was meant.

    Raises:
        UserError: it cannot be read, has another digest, holds nothing, or holds lines that are no examples
            (the first of them are named).
    """
    try:
        raw = request.data.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {request.data}: {error.strerror}") from error
    if hashlib.sha256(raw).hexdigest() != request.data_digest:
        raise UserError(f"{request.data} is not the file that was asked for: its digest is another")
    shape = _SHAPES[request.kind]
    found: list[Example] = []
    faults: list[str] = []
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found.append(shape.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            faults.append(f"line {number}: {'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg']}")
    if faults:
        shown = "; ".join(faults[:FAULTS_SHOWN])
        raise UserError(f"{request.data} has {len(faults)} lines that are no {request.kind} example: {shown}")
    if not found:
        raise UserError(f"{request.data} holds no example to train on")
    return tuple(found)


Script = Callable[[AdapterRequest, ChatRequest], Line]


class ScriptedAdapters:
    """A backend that trains nothing, for tests and dry runs; what it keeps dies with it.

    Its models answer by `script`; without one, with the example's answer whose prompt has most words in
    common with what is asked: the most that can be learned by heart.
    """

    def __init__(self, script: Script | None = None) -> None:
        self.requests: list[AdapterRequest] = []
        self._script = script
        self._kept: dict[str, tuple[AdapterHandle, AdapterRequest, tuple[Example, ...]]] = {}

    async def train(self, request: AdapterRequest) -> AdapterHandle:
        parse_spec(f"adapter:{request.name}")
        examples = read_examples(request)
        self.requests.append(request)
        mark = f"{request.name}|{request.kind}|{request.base_model}|{request.data_digest}|{request.seed}"
        handle = AdapterHandle(
            name=request.name,
            digest=hashlib.sha256(mark.encode()).hexdigest(),
            manifest={
                "backend": "scripted",
                "trained": False,
                "kind": request.kind.value,
                "base_model": request.base_model,
                "data_digest": request.data_digest,
                "examples": len(examples),
                "seed": request.seed,
            },
        )
        self._kept[request.name] = (handle, request, examples)
        return handle

    def load(self, name: str) -> AdapterHandle:
        return self._find(name)[0]

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._kept))

    def model(self, name: str) -> ChatModel:
        _, request, examples = self._find(name)

        def answer(asked: ChatRequest) -> Line:
            if self._script is not None:
                return self._script(request, asked)
            return _by_heart(examples, "\n".join(each.content for each in asked.messages), f"adapter:{name}")

        return ScriptedModel(answer, name=f"adapter:{name}")

    def _find(self, name: str) -> tuple[AdapterHandle, AdapterRequest, tuple[Example, ...]]:
        if name not in self._kept:
            raise UserError(f"there is no adapter {name!r}; there are: {', '.join(self.names()) or 'none'}")
        return self._kept[name]


def _by_heart(examples: Sequence[Example], asked: str, model: str) -> ChatReply:
    wanted = _words(asked)

    def fit(example: Example) -> float:
        words = _words(_parts(example)[0])
        return len(words & wanted) / max(1, len(words | wanted))

    return ChatReply(text=_parts(max(examples, key=fit))[1], model=model)


def _parts(example: Example) -> tuple[str, str]:
    """What was asked, and what is to be answered."""
    if isinstance(example, PreferenceExample):
        return "\n".join(turn.content for turn in example.prompt), example.chosen[-1].content
    return "\n".join(turn.content for turn in example.messages[:-1]), example.messages[-1].content


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
