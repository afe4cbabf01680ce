"""A continual learner over the groups of a recipe's data: one adapter, task after task (row 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from adaptation.artifact import make
from adaptation.base import Base
from adaptation.continual.stream import Stream, stream
from adaptation.continual.weights import (
    EwcLearner,
    GemLearner,
    ReplayLearner,
    RowsTask,
    SequentialLearner,
)
from adaptation.data.batches import collate, in_order, pad_id
from adaptation.data.encoding import encode
from adaptation.data.splitting import group_of, split
from adaptation.job import device_of
from core.adapters import SftExample
from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.data.encoding import AnyExample
    from adaptation.recipe import DataRecipe, Recipe

LEARNERS: Mapping[str, type[SequentialLearner]] = {
    "sequential": SequentialLearner,
    "replay": ReplayLearner,
    "ewc": EwcLearner,
    "gem": GemLearner,
}


def checked_learners(names: Sequence[str]) -> None:
    """Raises:
    UserError: one of them is none, or there is none.
    """
    for name in names or [""]:
        if name not in LEARNERS:
            raise UserError(f"no learner {name!r}: choose of {', '.join(LEARNERS)}")


def tasks_of(data: DataRecipe, examples: Sequence[AnyExample], base: Base, seed: int) -> tuple[RowsTask, ...]:
    """One task a group, in the order in which the groups come. A share `data.held_out` of the questions of
    each is kept for its score.

    Raises:
        UserError: fewer than two groups, pairs instead of answers, or a group that cannot be split.
    """
    groups: dict[str, list[SftExample]] = {}
    for example in examples:
        if not isinstance(example, SftExample):
            raise UserError("a stream of tasks needs answers: give examples with messages")
        groups.setdefault(group_of(example, data.group_by), []).append(example)
    if len(groups) < 2:
        raise UserError(f"a stream needs two tasks or more, and the examples are of {len(groups)} group")
    pad = pad_id(base.tokenizer)
    found = []
    for name, own in groups.items():
        try:
            parts = split(own, data.held_out, seed=seed, keys=())
        except UserError:
            raise UserError(f"{name} has one question only: its score needs another") from None
        learned, tested = (
            encode(base.tokenizer, part, data.max_tokens).rows for part in (parts.train, parts.held_out)
        )
        if not learned or not tested:
            raise UserError(
                f"{name} has no answer with less than {data.max_tokens} tokens to learn or to score"
            )
        found.append(RowsTask(name=name, train=collate(learned, pad), test=tuple(in_order(tested, 1, pad))))
    return tuple(found)


def run_learner(
    name: str,
    recipe: Recipe,
    tasks: Sequence[RowsTask],
    base: Base,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> Stream:
    """Learn the tasks with a new adapter; the base is left as it was.

    Raises:
        UserError: no such learner, or a method that it cannot go with.
    """
    checked_learners([name])
    method = make(recipe.method, {"seed": recipe.training.seed, **recipe.config})
    needs = method.capabilities
    if needs.per_task or needs.needs_calibration:
        why = (
            "has one delta a task"
            if needs.per_task
            else "is planned from data that a stream does not have yet"
        )
        raise UserError(f"{method.name} {why}: choose another method")
    model = base.model.to(device_of(recipe.device))
    method.attach(model, method.plan(model, ()))
    try:
        learner = LEARNERS[name](model, method, recipe.training, recipe.batch_size)
        return stream(learner, tasks, progress=progress)
    finally:
        method.detach(model)
