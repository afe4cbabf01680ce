"""Facts written into one matrix: rows from edits, the order they are gone through, the end, the scores.

Goes with the method `locft` (row 37), and with any other. An edit is tokens: whoever has a tokenizer makes
them. The end-of-sequence token is appended to each target, so that the model stops after a fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from adaptation.method import AdapterMethod, Batch
from adaptation.training import BatchSource, Run, TrainingConfig, TrainingResult, Watcher, shuffled, train
from core.errors import UserError

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """After `prompt` the model shall say `target`; after `rephrased` prompts too. `elsewhere` are prompts on
    other things, after which it shall say what it said before.
    """

    prompt: Tokens
    target: Tokens
    rephrased: tuple[Tokens, ...] = ()
    elsewhere: tuple[Tokens, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditScores:
    """Shares of 1: `reliability` of edits that hold, `generality` of rephrasings, `locality` of other prompts
    whose next token stayed. None where nothing was there to try.
    """

    reliability: float | None
    generality: float | None
    locality: float | None


def edit_rows(edits: Sequence[Edit], end: int) -> Batch:
    """input_ids, labels, attention_mask [n, t]: learned are the target and `end` behind it.

    Raises:
        UserError: there is no edit, or one has an empty prompt or target.
    """
    if not edits or not all(each.prompt and each.target for each in edits):
        raise UserError("editing needs at least one edit, each with a prompt and a target")
    return _rows([(each.prompt, (*each.target, end)) for each in edits], end)


def breadth_first(rows: Batch, size: int, seed: int = 0) -> BatchSource:
    """All edits in each epoch, in mini-batches, each epoch in its own order."""
    return shuffled(rows, size, seed)


def depth_first(rows: Batch, size: int, epochs: int) -> BatchSource:
    """Each mini-batch `epochs` times before the next: how editing was done before, kept to compare with."""
    count = len(rows["input_ids"])

    def batch(step: int) -> Batch:
        start = step // epochs * size % count
        return {name: each[start : start + size] for name, each in rows.items()}

    return batch


class EndWhenLearned(Watcher):
    """Ends the run when the mean loss of the last epoch, of so many batches, is below `enough`."""

    def __init__(self, per_epoch: int, enough: float) -> None:
        self._per_epoch, self._enough = per_epoch, enough

    def after_step(self, run: Run) -> bool:
        last = run.losses[-self._per_epoch :]
        whole = (run.step + 1) % self._per_epoch == 0
        return whole and sum(last) / len(last) < self._enough


def write_edits(
    model: nn.Module,
    method: AdapterMethod[Any],
    edits: Sequence[Edit],
    *,
    end: int,
    size: int = 100,
    epochs: int = 25,
    learning_rate: float = 5e-4,
    enough: float = 1e-2,
    seed: int = 0,
) -> TrainingResult:
    """Train what is attached on all edits, breadth first, until they are learned or `epochs` are over.

    An edit that is left over when `size` does not divide their number has its turn in another epoch.
    """
    rows = edit_rows(edits, end)
    per_epoch = max(1, len(edits) // size)
    config = TrainingConfig(steps=epochs * per_epoch, learning_rate=learning_rate, seed=seed)
    watcher = EndWhenLearned(per_epoch, enough)
    return train(model, method, breadth_first(rows, size, seed), config, watcher=watcher)


@torch.no_grad()
def score_edits(
    model: nn.Module, method: AdapterMethod[Any], edits: Sequence[Edit], *, end: int
) -> EditScores:
    """Greedy, with the target's earlier tokens given; `end` counts as part of the target."""
    asked = [(each.prompt, (*each.target, end)) for each in edits]
    again = [(prompt, (*each.target, end)) for each in edits for prompt in each.rephrased]
    others = [prompt for each in edits for prompt in each.elsewhere]
    locality = None
    if others:
        after = _next_tokens(model, others, end)
        with method.off():
            before = _next_tokens(model, others, end)
        locality = float((after == before).float().mean())
    return EditScores(
        reliability=_held(model, asked, end), generality=_held(model, again, end), locality=locality
    )


def _held(model: nn.Module, pairs: Sequence[tuple[Tokens, Tokens]], fill: int) -> float | None:
    if not pairs:
        return None
    rows = _rows(pairs, fill)
    said = _logits(model, rows)[:, :-1].argmax(dim=-1)
    labels = rows["labels"][:, 1:].to(said.device)
    right = ((said == labels) | (labels == -100)).all(dim=1)
    return float(right.float().mean())


def _next_tokens(model: nn.Module, prompts: Sequence[Tokens], fill: int) -> Tensor:
    rows = _rows([(prompt[:-1], prompt[-1:]) for prompt in prompts], fill)
    last = rows["attention_mask"].sum(dim=1) - 1
    said = _logits(model, rows).argmax(dim=-1)
    return said[torch.arange(len(prompts), device=said.device), last.to(said.device)]


def _logits(model: nn.Module, rows: Batch) -> Tensor:
    was, device = model.training, next(model.parameters()).device
    model.eval()
    shown = {name: each.to(device) for name, each in rows.items() if name != "labels"}
    found = model(**shown).logits
    model.train(was)
    return found


def _rows(pairs: Sequence[tuple[Tokens, Tokens]], fill: int) -> dict[str, Tensor]:
    width = max(len(prompt) + len(target) for prompt, target in pairs)
    shape = (len(pairs), width)
    ids, labels = torch.full(shape, fill), torch.full(shape, -100)
    mask = torch.zeros(shape, dtype=torch.int64)
    for row, (prompt, target) in enumerate(pairs):
        start, stop = len(prompt), len(prompt) + len(target)
        ids[row, :stop] = torch.tensor(prompt + target)
        labels[row, start:stop] = torch.tensor(target)
        mask[row, :stop] = 1
    return {"input_ids": ids, "labels": labels, "attention_mask": mask}
