"""The backend behind `core.adapters`: trains by a job, keeps by name, answers live. Torch comes with use."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from adaptation.registry import require_extra
from adaptation.serving.keeping import ADAPTERS_FOLDER, AdapterFolder, Kept
from core.adapters import AdapterHandle, AdapterRequest, TrainingKind, Value, read_examples
from core.errors import UserError
from core.spec import SpecKind, parse_spec

if TYPE_CHECKING:
    from adaptation.data.encoding import AnyExample
    from adaptation.manifest import Manifest
    from adaptation.recipe import Recipe
    from adaptation.serving.live import LiveBase, LiveModel
    from core.chat import ChatModel, ChatReply, ChatRequest
    from core.settings import Settings

PRESETS: Mapping[TrainingKind, str] = {TrainingKind.SFT: "sft", TrainingKind.PREFERENCE: "preference"}
HELD_OUT = 0.2

_LIVE: WeakValueDictionary[Path, LiveBase] = WeakValueDictionary()
"""Base models in use, by where they lie: two adapters of one base share its weights."""


def open_backend(settings: Settings) -> TunedAdapters:
    """The backend over the adapters of this home."""
    return TunedAdapters(settings.home / ADAPTERS_FOLDER)


class TunedAdapters:
    """An `AdapterBackend`. A base model is named by its path, with or without `local:` before it.

    `fields` go over the preset of each kind of training, as in a recipe.
    """

    def __init__(self, folder: Path, fields: Mapping[str, Any] | None = None) -> None:
        self._kept = AdapterFolder(folder)
        self._fields = dict(fields or {})

    async def train(self, request: AdapterRequest) -> AdapterHandle:
        """As `AdapterBackend.train`. Of several groups (incidents, topics) whole ones are held out.

        Raises:
            UserError: the extra is missing, there is an adapter of that name, or the name, the file or the
                base model cannot be used.
            ProviderError: training diverged.
        """
        parse_spec(f"adapter:{request.name}")
        require_extra()
        folder = self._kept.place(request.name)
        if folder.exists():
            raise UserError(f"there is an adapter {request.name!r} already: name another, or delete {folder}")
        examples = read_examples(request)
        recipe = self._recipe(request, examples)
        from adaptation.job import run_job

        manifest = await asyncio.to_thread(partial(run_job, recipe, folder, examples=examples))
        return _handle(Kept(name=request.name, folder=folder, manifest=manifest), request.data_digest)

    def load(self, name: str) -> AdapterHandle:
        return _handle(self._kept.find(name))

    def names(self) -> tuple[str, ...]:
        return self._kept.names()

    def model(self, name: str) -> ChatModel:
        """As `AdapterBackend.model`; weights are read at the first request.

        Raises:
            UserError: the extra is missing, there is no such adapter, or its base model is gone.
        """
        kept = self._kept.find(name)
        require_extra()
        base = Path(kept.manifest.base.path)
        if not base.exists():
            raise UserError(f"the base model of adapter {name!r} is gone: there is no {base}")
        return AdapterModel(kept)

    def _recipe(self, request: AdapterRequest, examples: tuple[AnyExample, ...]) -> Recipe:
        from adaptation.data.splitting import group_of
        from adaptation.recipe import make_recipe, read_recipe

        fields = _over(read_recipe(PRESETS[request.kind]), self._fields)
        groups = {group_of(example) for example in examples}
        budget = {"steps": request.limits.steps, "seconds": request.limits.seconds, "seed": request.seed}
        own = {
            "name": request.name,
            "base": str(base_path(request.base_model)),
            "data": {"files": [str(request.data)], "held_out": HELD_OUT if len(groups) > 1 else 0.0},
            "training": {key: value for key, value in budget.items() if value is not None},
        }
        if len(groups) == 1:
            own["limits"] = {"patience": 0}
        return make_recipe(_over(fields, own))


class AdapterModel:
    """A `ChatModel` that brings its weights into memory with its first request."""

    def __init__(self, kept: Kept) -> None:
        self._adapter = kept
        self._model: LiveModel | None = None
        self._closed = False
        self._opening = asyncio.Lock()

    @property
    def name(self) -> str:
        return f"adapter:{self._adapter.name}"

    async def complete(self, request: ChatRequest) -> ChatReply:
        """As `LiveModel.complete`.

        Raises:
            UserError: it is closed, or its base model is not the one that it was trained on.
        """
        if self._closed:
            raise UserError(f"{self.name} is closed: build the model again")
        async with self._opening:
            if self._model is None:
                self._model = await asyncio.to_thread(live_model, self._adapter)
        return await self._model.complete(request)

    async def close(self) -> None:
        """Let go of the weights; closing twice does nothing."""
        self._closed = True
        if self._model is not None:
            await self._model.close()
            self._model = None


def live_model(kept: Kept) -> LiveModel:
    """The adapter on its base, which is shared with whoever uses it at this time.

    Raises:
        UserError: the base model is gone, or is another one by now.
    """
    from adaptation.serving.live import LiveModel, Place

    live = live_base(kept.manifest)
    live.add(kept.key, Place(folder=kept.folder, task=kept.task))
    return LiveModel(live, kept.key, shown_as=f"adapter:{kept.name}")


def live_base(manifest: Manifest) -> LiveBase:
    """Raises:
    UserError: the base model is gone, or is another one by now.
    """
    from adaptation.manifest import base_record
    from adaptation.serving.live import LiveBase

    path = Path(manifest.base.path).resolve()
    if base_record(path).sha256 != manifest.base.sha256:
        raise UserError(f"{path} is no longer the model that adapter {manifest.name!r} was trained on")
    return _LIVE.setdefault(path, LiveBase(path, {}))


def base_path(base_model: str) -> Path:
    """Where a base model lies, by its path or SPEC.

    Raises:
        UserError: there is none.
    """
    word = f"{SpecKind.LOCAL}:"
    path = Path(base_model.removeprefix(word)).expanduser().resolve()
    if not path.exists():
        raise UserError(f"no base model at {path}: give a GGUF file, or a folder that transformers has saved")
    return path


def _handle(kept: Kept, data_digest: str | None = None) -> AdapterHandle:
    manifest = kept.manifest
    told: dict[str, Value | None] = {
        "backend": "tune",
        "trained": True,
        "method": manifest.method,
        "kind": manifest.data.kind,
        "base_model": manifest.base.path,
        "base_sha256": manifest.base.sha256,
        "data_sha256": manifest.data.sha256,
        "data_digest": data_digest,
        "examples": manifest.data.examples,
        "left_out": manifest.data.left_out,
        "seed": manifest.seed,
        "steps": manifest.steps,
        "stopped_by": manifest.stopped_by,
        "seconds": manifest.seconds,
        "trainable_parameters": manifest.trainable_parameters,
        "loss_first": manifest.loss.train_first,
        "loss_last": manifest.loss.train_last,
        "held_out_before": manifest.loss.held_out_before,
        "held_out_after": manifest.loss.held_out_after,
    }
    return AdapterHandle(
        name=kept.name,
        digest=manifest.weights_sha256,
        manifest={key: value for key, value in told.items() if value is not None},
    )


def _over(fields: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` over `fields`, parts merged field by field."""
    found = dict(fields)
    for key, value in own.items():
        under = found.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            found[key] = _over(under, value)
        else:
            found[key] = value
    return found
