"""From easy rows to hard ones, more views of the same rows, and a model from scratch to compare (row 34).

Paper: "RDTF: Resource-efficient Dual-mask Training Framework for Multi-frame Animated Sticker Generation".
    difficulty of row n = static share * z(loss under the base) + (1 - share) * z(running loss while training)
    at a step the easiest c rows can be drawn, c from `start_share` of all to all at `full_step`
    dual mask: what of a row is shown, and what of it is learned; each pair makes another view of the row
Reconstructed: the paper parts a sample's entropy into a static and an adaptive component, its formula was not
to be read; here both are losses, set to mean 0 and deviation 1. The paper trains a small model from scratch:
`from_scratch` makes that control, to be trained with `width-rule` or `lisa` beside an adapter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.method import Batch
from adaptation.training import Run, Watcher
from core.errors import UserError

UNLEARNED = -100


class CurriculumConfig(BaseModel):
    """`refresh` is after how many steps the running losses are taken anew; `decay` is how much stays of them.

    `size` rows make a batch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(default=8, ge=1)
    start_share: float = Field(default=0.25, gt=0, le=1)
    full_step: int = Field(default=60, ge=1)
    static_share: float = Field(default=0.5, ge=0, le=1)
    refresh: int = Field(default=20, ge=1)
    decay: float = Field(default=0.5, ge=0, lt=1)
    seed: int = 0


class Curriculum:
    """A `BatchSource` over rows [n, ...]. `static` [n] is each row's difficulty before training.

    Between two refreshes the batch of a step is the same at each call.

    Raises:
        UserError: there is not one difficulty for each row, or one is no number.
    """

    def __init__(self, rows: Batch, static: Tensor, config: CurriculumConfig) -> None:
        if static.shape != (len(rows["input_ids"]),) or not bool(static.isfinite().all()):
            raise UserError("a curriculum needs one difficulty, a number, for each row")
        self._rows, self._config = rows, config
        self._static = standard(static)
        self.running = static.clone()
        """The running loss of each row."""

    def difficulty(self) -> Tensor:
        """[n], of mean 0."""
        share = self._config.static_share
        return share * self._static + (1 - share) * standard(self.running)

    def open(self, step: int) -> Tensor:
        """Places of the rows that can be drawn at a step, easiest first; never fewer than a batch."""
        config, count = self._config, len(self._static)
        part = min(1.0, config.start_share + (1 - config.start_share) * step / config.full_step)
        wanted = min(count, max(config.size, round(part * count)))
        return self.difficulty().argsort(stable=True)[:wanted]

    def __call__(self, step: int) -> Batch:
        can = self.open(step)
        draw = torch.Generator().manual_seed(self._config.seed * 1_000_003 + step)
        chosen = can[torch.randperm(len(can), generator=draw)[: self._config.size]]
        return {name: each[chosen] for name, each in self._rows.items()}

    def update(self, losses: Tensor) -> None:
        """Take in the losses [n] of now."""
        decay = self._config.decay
        self.running = decay * self.running + (1 - decay) * losses

    def watcher(self) -> Watcher:
        """For `train`: takes the losses of all rows anew, every `refresh` steps."""
        return _Refresh(self, self._rows, self._config.refresh)


class _Refresh(Watcher):
    def __init__(self, curriculum: Curriculum, rows: Batch, every: int) -> None:
        self._curriculum, self._rows, self._every = curriculum, rows, every

    def after_step(self, run: Run) -> bool:
        if (run.step + 1) % self._every == 0:
            self._curriculum.update(row_losses(run.model, self._rows))
        return False


@torch.no_grad()
def row_losses(model: nn.Module, rows: Batch, *, size: int = 16) -> Tensor:
    """Mean loss of each row's learned tokens, [n], on the CPU; 0 for a row that has none."""
    was, device = model.training, next(model.parameters()).device
    model.eval()
    found: list[Tensor] = []
    for start in range(0, len(rows["input_ids"]), size):
        part = {name: each[start : start + size].to(device) for name, each in rows.items()}
        labels = part.pop("labels")[:, 1:]
        logits = model(**part).logits[:, :-1]
        losses = functional.cross_entropy(
            logits.transpose(1, 2), labels, ignore_index=UNLEARNED, reduction="none"
        )
        found.append((losses.sum(dim=1) / (labels != UNLEARNED).sum(dim=1).clamp_min(1)).float().cpu())
    model.train(was)
    return torch.cat(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The segments of a row that are shown, and those that are learned; what is learned is shown as well."""

    shown: Collection[int]
    learned: Collection[int]


def views(ids: Tensor, segments: Tensor, wanted: Sequence[View], *, fill: int) -> Batch:
    """One row for each row and view, views of a row next to each other.

    `ids` and `segments` are [n, t]; negative segments are padding. Hidden tokens become `fill` and are masked
    out: neither their keys nor their own embedding can be seen. Views with nothing learned in a row are left
    out.

    Raises:
        UserError: no view of any row learns anything.
    """
    found: list[Mapping[str, Tensor]] = []
    for row, parts in zip(ids, segments, strict=True):
        for view in wanted:
            learned = torch.isin(parts, torch.tensor(sorted(view.learned), dtype=parts.dtype))
            shown = learned | torch.isin(parts, torch.tensor(sorted(view.shown), dtype=parts.dtype))
            if bool(learned[1:].any()):
                found.append(
                    {
                        "input_ids": row.masked_fill(~shown, fill),
                        "attention_mask": shown.long(),
                        "labels": row.masked_fill(~learned, UNLEARNED),
                    }
                )
    if not found:
        raise UserError("no view learns anything: name a segment that the rows have")
    return {name: torch.stack([each[name] for each in found]) for name in found[0]}


def from_scratch(model: Any, seed: int = 0) -> Any:
    """A model of the same configuration with random weights, in evaluation mode: the control."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return type(model)(model.config).to(next(model.parameters())).eval()


def standard(values: Tensor) -> Tensor:
    """Of mean 0 and deviation 1; all 0 where they are equal."""
    spread = values.std(correction=0)
    centred = values - values.mean()
    return centred / spread if float(spread) > 0 else torch.zeros_like(values)
