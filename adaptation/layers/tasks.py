"""Methods with one delta a task: batches carry `task_ids` [b], or one task is chosen for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from adaptation.layers.linear import DeltaLinear
from adaptation.method import AdapterMethod, C, LinearMethod, Plan
from core.errors import UserError


class TaskChoice:
    """Which task each row of the batch is of; one object shared by all layers of a model."""

    def __init__(self, tasks: int) -> None:
        self.tasks = tasks
        self.task: int | None = None
        """The one chosen for all rows, and for merging and exporting."""
        self.ids: Tensor | None = None
        """[b] while a forward pass runs."""

    def one(self) -> int:
        if self.task is None:
            raise UserError(f"the adapter has {self.tasks} tasks: select one")
        return self.task

    def rows(self, x: Tensor) -> Tensor:
        """The task of each row of x [b, ...], as [b]."""
        if self.ids is None:
            return torch.full((x.shape[0],), self.one(), device=x.device)
        if self.ids.shape[0] != x.shape[0]:
            raise UserError(f"task_ids has {self.ids.shape[0]} entries for a batch of {x.shape[0]}")
        return self.ids


class TaskLinear(DeltaLinear):
    """`task_factors` gives the low-rank delta of one task; `branch` mixes tasks in a batch."""

    def __init__(self, base: nn.Linear, choice: TaskChoice) -> None:
        super().__init__(base)
        self.choice = choice

    def task_factors(self, task: int) -> tuple[Tensor, Tensor]:
        """(A [r, i], B [o, r])."""
        raise NotImplementedError

    def factors(self) -> tuple[Tensor, Tensor]:
        return self.task_factors(self.choice.one())

    def delta(self) -> Tensor:
        a, b = self.factors()
        return b @ a


class Tasked(AdapterMethod[C]):
    """Takes `task_ids` out of what the model is called with, before the model sees it."""

    config: Any

    def __init__(self, config: C) -> None:
        super().__init__(config)
        self.choice = TaskChoice(self.config.tasks)
        self._hook: Any = None

    def attach(self, model: nn.Module, plan: Plan) -> None:
        super().attach(model, plan)  # type: ignore[safe-super]  # the next base puts the layers in
        self._hook = model.register_forward_pre_hook(self._take, with_kwargs=True)

    def detach(self, model: nn.Module) -> None:
        super().detach(model)
        if self._hook is not None:  # attaching may have failed before it
            self._hook.remove()

    def select(self, task: int | None) -> None:
        """Choose the task of all that follows: forward passes without ids, merging, export.

        Raises:
            UserError: there is no such task.
        """
        if task is not None and not 0 <= task < self.choice.tasks:
            raise UserError(f"there is no task {task}: the adapter has {self.choice.tasks}, from 0")
        self.choice.task = task

    def _take(
        self, model: nn.Module, arguments: tuple[Any, ...], named: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        ids = named.get("task_ids")
        if ids is not None and not (int(ids.min()) >= 0 and int(ids.max()) < self.choice.tasks):
            raise UserError(f"task_ids must be from 0 to {self.choice.tasks - 1}")
        self.choice.ids = ids
        return arguments, {key: value for key, value in named.items() if key != "task_ids"}


class TaskMethod(Tasked[C], LinearMethod[C]):
    """One delta a task on each linear layer."""
