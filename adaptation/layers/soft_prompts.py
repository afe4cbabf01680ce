"""Methods by which the model reads learned vectors before every sentence, those of its task."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from typing import Any

import torch
from torch import Tensor, nn

from adaptation.layers.blocks import BlockMethod
from adaptation.layers.prefix import AttentionWithPrefix, KeysValues, states_of
from adaptation.layers.tasks import TaskChoice, Tasked
from adaptation.method import C, Plan


class PromptedAttention(AttentionWithPrefix):
    """Holds the vectors' module too, so that it is trained and saved with the layers."""

    def __init__(self, base: nn.Module, prompts: nn.Module, choice: TaskChoice) -> None:
        super().__init__(base)
        self.prompts, self.choice = prompts, choice
        self.tasks: Tensor | None = None
        """[n], sorted: those for which `states` [n, heads, l, w] hold while a pass runs."""
        self.states: KeysValues | None = None

    def prefix(self, hidden: Tensor) -> KeysValues | None:
        if self.states is None or self.tasks is None:
            return None
        places = torch.searchsorted(self.tasks, self.choice.rows(hidden))
        return self.states[0][places], self.states[1][places]


class PromptMethod(Tasked[C], BlockMethod[C]):
    """`config.block` names the attentions.

    Vectors do not lengthen the sentence: what the model makes of them stands before the keys and values of
    each attention. So masks, positions, labels and the cache of generation stay the sentence's own.
    """

    def attach(self, model: nn.Module, plan: Plan) -> None:
        super().attach(model, plan)
        self._kept: tuple[Hashable, list[KeysValues]] | None = None
        self._hooks = (
            model.register_forward_pre_hook(self._before),
            model.register_forward_hook(self._after, always_call=True),
        )

    def detach(self, model: nn.Module) -> None:
        super().detach(model)
        for hook in self._hooks:
            hook.remove()

    @abstractmethod
    def vectors(self, tasks: Tensor) -> Tensor:
        """[n, l, d] for tasks [n]."""

    @abstractmethod
    def version(self) -> Hashable:
        """Another one whenever `vectors` would give something else."""

    def _before(self, model: nn.Module, arguments: tuple[Any, ...]) -> None:
        layers: list[Any] = list(self.layers.values())
        if not layers[0].active:
            return
        device = next(model.parameters()).device
        ids = self.choice.ids
        tasks = torch.tensor([self.choice.one()], device=device) if ids is None else ids.to(device).unique()
        for layer, states in zip(layers, self._states(model, layers, tasks), strict=True):
            layer.tasks, layer.states = tasks, states

    def _after(self, model: nn.Module, arguments: tuple[Any, ...], result: Any) -> None:
        for layer in self.layers.values():
            layer.tasks = layer.states = None

    def _states(self, model: nn.Module, layers: list[Any], tasks: Tensor) -> list[KeysValues]:
        """Of each layer; without gradients those of the last call, while nothing has changed."""
        if torch.is_grad_enabled():
            return states_of(model, layers, self.vectors(tasks))
        key = (tuple(tasks.tolist()), self.version())
        if self._kept is None or self._kept[0] != key:
            self._kept = key, states_of(model, layers, self.vectors(tasks))
        return self._kept[1]
