"""Rows as padded tensors, and the batch of each step.

A batch of plain rows is what a model takes: input_ids, attention_mask, labels [b, t]. Pairs lie in one batch
[2 b, t], the chosen before the rejected, with `weights` [b]. Rows of context distillation bring what the
informed pass reads under `informed_`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from adaptation.data.encoding import IGNORED, AnyRow, InformedRow, PairRow, Row
from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.method import Batch
    from adaptation.training import BatchSource

MULTIPLE = 8
"""Lengths are filled up to a multiple of it."""


def collate(rows: Sequence[AnyRow], pad: int) -> Batch:
    """One padded batch of rows of one kind.

    Raises:
        UserError: there are none, or they are of several kinds.
    """
    plain = [row for row in rows if isinstance(row, Row)]
    pairs = [row for row in rows if isinstance(row, PairRow)]
    informed = [row for row in rows if isinstance(row, InformedRow)]
    if rows and len(plain) == len(rows):
        return _padded(plain, pad)
    if rows and len(pairs) == len(rows):
        found = _padded([*(each.chosen for each in pairs), *(each.rejected for each in pairs)], pad)
        return {**found, "weights": torch.tensor([each.weight for each in pairs])}
    if rows and len(informed) == len(rows):
        told = _padded([each.informed for each in informed], pad)
        own = _padded([each.row for each in informed], pad)
        return {**own, **{f"informed_{name}": value for name, value in told.items() if name != "task_ids"}}
    raise UserError("a batch is made of rows of one kind, and of one at least")


def _padded(rows: Sequence[Row], pad: int) -> dict[str, Tensor]:
    length = -(-max(len(row.ids) for row in rows) // MULTIPLE) * MULTIPLE
    ids = torch.full((len(rows), length), pad, dtype=torch.int64)
    labels = torch.full((len(rows), length), IGNORED, dtype=torch.int64)
    mask = torch.zeros((len(rows), length), dtype=torch.int64)
    for number, row in enumerate(rows):
        size = len(row.ids)
        ids[number, :size] = torch.tensor(row.ids)
        labels[number, :size] = torch.tensor(row.labels)
        mask[number, :size] = 1
    found = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    tasks = [row.task for row in rows if row.task is not None]
    if tasks:
        found["task_ids"] = torch.tensor(tasks)
    return found


def batch_source(rows: Sequence[AnyRow], size: int, pad: int, seed: int = 0) -> BatchSource:
    """Batches of `size` rows; each pass over the rows has its own order, and a row is in it at most once."""
    per_pass = max(1, len(rows) // size)

    def batch(step: int) -> Batch:
        turn, place = divmod(step, per_pass)
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed * 1_000_003 + turn))
        chosen = order[place * size : (place + 1) * size].tolist()
        return collate([rows[number] for number in chosen], pad)

    return batch


def in_order(rows: Sequence[AnyRow], size: int, pad: int) -> list[Batch]:
    """All rows once: for measuring."""
    return [collate(rows[start : start + size], pad) for start in range(0, len(rows), size)]


def pad_id(tokenizer: object) -> int:
    """Any id will do, for padding is masked; 0 where the tokenizer has none."""
    found = getattr(tokenizer, "pad_token_id", None)
    return 0 if found is None else int(found)
