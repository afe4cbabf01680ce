"""A training from recipe to finished adapter, that can be killed at any time and taken up again.

OUT.part/   while it goes on: recipe.json says of what it is, checkpoint.pt where it stands
OUT/        adapter.json, adapter.safetensors, recipe.json, manifest.json; there only when it is whole
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from adaptation.artifact import CARD, WEIGHTS, make, save
from adaptation.base import Base, load_base
from adaptation.checkpoints import Keeper, Told
from adaptation.data.batches import batch_source
from adaptation.data.encoding import AnyExample, AnyRow
from adaptation.data.preparing import Prepared, examples_of, guarded_split, prepared
from adaptation.manifest import (
    BaseModelRecord,
    ErrorRecord,
    LossRecord,
    Manifest,
    base_record,
    file_sha256,
    versions,
    write_manifest,
    write_whole,
)
from adaptation.measuring import export_error, identity_error, merge_error
from adaptation.method import AdapterMethod, Serving
from adaptation.objectives import loss_for, mean_loss
from adaptation.recipe import Device, Recipe
from adaptation.registry import BUILT_IN
from adaptation.training import Loss, TrainingResult, train
from core.errors import UserError

RECIPE, CHECKPOINT = "recipe.json", "checkpoint.pt"
_LAST_SHARE = 10
"""The last tenth of the steps is what `train_last` is the mean of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """Everything at hand once the method is attached."""

    recipe: Recipe
    working: Path
    base: BaseModelRecord
    data: Prepared
    learned: Sequence[AnyRow]
    model: torch.nn.Module
    method: AdapterMethod[Any]
    loss: Loss
    identity: float


def run_job(
    recipe: Recipe,
    folder: Path,
    *,
    examples: Sequence[AnyExample] | None = None,
    base: Base | None = None,
    told: Told | None = None,
    loss: Loss | None = None,
) -> Manifest:
    """Train an adapter into `folder`, which is there in the end or not at all.

    Called again after it was killed, it goes on from the last checkpoint, and ends with the same weights to
    the bit. `examples` stand for the recipe's files, `base` for its model when that is loaded already (and
    not adapted; it is left with the adapter on it), `loss` for the one that goes with the examples.

    Raises:
        UserError: the recipe, the data, the model or the folder cannot be used; the data leak.
        ProviderError: training diverged.
    """
    if folder.exists():
        raise UserError(f"{folder} is there already: name another folder, or delete it")
    job = _started(recipe, folder, examples_of(recipe.data) if examples is None else examples, base, loss)
    data, method, size = job.data, job.method, recipe.batch_size
    keeper = Keeper(
        job.working / CHECKPOINT,
        recipe.limits,
        data.batches(data.held_out.rows, size),
        job.loss,
        told,
    )
    batches = batch_source(job.learned, size, data.pad, recipe.training.seed)
    result = train(job.model, method, batches, recipe.training, loss=job.loss, watcher=keeper)
    if keeper.best is not None:
        method.load_working(keeper.best)
    save(method, job.working)
    manifest = _manifest(job, keeper, result)
    write_manifest(job.working, manifest)
    (job.working / CHECKPOINT).unlink(missing_ok=True)
    job.working.replace(folder)
    return manifest


def _started(
    recipe: Recipe, folder: Path, examples: Sequence[AnyExample], base: Base | None, loss: Loss | None
) -> _Job:
    method = make(recipe.method, {"seed": recipe.training.seed, **recipe.config})
    if method.capabilities.per_task and not recipe.data.task_by:
        raise UserError(f"{method.name} has one delta a task: set data.task_by to the key that names it")
    parts = guarded_split(recipe.data, examples, recipe.training.seed)
    record = base_record(recipe.base)
    base = base or load_base(recipe.base)
    model = base.model.to(device_of(recipe.device))
    data = prepared(recipe.data, parts, base)
    working = folder.with_name(f"{folder.name}.part")
    _claim(working, recipe, data.digest, record)
    rows = data.rows_for(method.capabilities, recipe.calibration_batches)
    method.attach(model, method.plan(model, rows.planning))
    return _Job(
        recipe=recipe,
        working=working,
        base=record,
        data=data,
        learned=rows.learned,
        model=model,
        method=method,
        loss=loss or loss_for(data.train.rows, recipe.preference),
        identity=identity_error(method, model, data.probe(recipe.batch_size)),
    )


def _claim(working: Path, recipe: Recipe, digest: str, base: BaseModelRecord) -> None:
    """Make the working folder, or see that what goes on there is this very training.

    Raises:
        UserError: it is another one, or the folder cannot be made.
    """
    mine = {"recipe": recipe.model_dump(mode="json"), "data": digest, "base": base.sha256}
    file = working / RECIPE
    text = json.dumps(mine, indent=1) + "\n"
    if working.exists() and not file.exists():
        shutil.rmtree(working)  # killed before it said of what it was: there is nothing to go on from
    if not working.exists():
        try:
            working.mkdir(parents=True)
        except OSError as error:
            raise UserError(f"cannot make {working}: {error.strerror}") from error
        write_whole(file, text.encode())
    elif file.read_text(encoding="utf-8") != text:
        raise UserError(f"{working} holds a training of another recipe, data or model: delete it first")


def device_of(wanted: Device) -> str:
    """Raises:
    UserError: a GPU is wanted and there is none.
    """
    has = torch.cuda.is_available()
    if wanted is Device.CUDA and not has:
        raise UserError("the recipe wants a GPU and there is none: set device: auto")
    return "cuda" if has and wanted is not Device.CPU else "cpu"


def _manifest(job: _Job, keeper: Keeper, result: TrainingResult) -> Manifest:
    recipe, method, working = job.recipe, job.method, job.working
    entry = BUILT_IN.get(recipe.method)
    kept = keeper.best_step if keeper.best is not None else len(result.losses)
    return Manifest(
        name=recipe.name,
        method=recipe.method,
        paper=entry.paper if entry else "",
        row=entry.row if entry else 0,
        config=method.config.model_dump(mode="json"),
        capabilities=asdict(method.capabilities),
        versions=versions(),
        base=job.base,
        data=job.data.record(len(job.learned)),
        training=recipe.training.model_dump(mode="json"),
        batch_size=recipe.batch_size,
        seed=recipe.training.seed,
        steps=len(result.losses),
        stopped_by=keeper.stopped_by(len(result.losses), recipe.training.steps).value,
        kept_step=kept,
        tokens_seen=result.tokens,
        seconds=round(result.seconds, 3),
        device=device_of(recipe.device),
        trainable_parameters=method.count(),
        bytes_on_disk=sum((working / name).stat().st_size for name in (CARD, WEIGHTS)),
        weights_sha256=file_sha256(working / WEIGHTS),
        loss=_losses(job, keeper, result, kept),
        errors=_errors(job),
        creativity_levers=tuple(sorted({*recipe.creativity_levers, *job.data.levers})),
    )


def _errors(job: _Job) -> ErrorRecord:
    method, rank = job.method, job.recipe.export_rank
    return ErrorRecord(
        identity=job.identity,
        merge=merge_error(method, job.model, job.data.probe(job.recipe.batch_size)),
        export=export_error(method, rank),
        export_rank=None if method.capabilities.serving is Serving.EXACT_LORA else rank,
        not_identity=method.capabilities.not_identity,
    )


def _losses(job: _Job, keeper: Keeper, result: TrainingResult, kept: int) -> LossRecord:
    last = result.losses[-max(1, len(result.losses) // _LAST_SHARE) :]
    after = next((value for step, value in keeper.curve if step == kept), None)
    if after is None and keeper.held_out:  # time was up between two measurements
        after = mean_loss(job.method, job.model, keeper.held_out, job.loss)
    return LossRecord(
        train_first=result.losses[0],
        train_last=sum(last) / len(last),
        held_out_before=keeper.before,
        held_out_after=after,
        curve=tuple(keeper.curve),
    )
