"""The shared base of methods that stand beside a whole block of the model: h' = block(h) + branch(h)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from adaptation.layers.linear import Adapted, replace_module
from adaptation.method import AdapterMethod, C, Plan
from core.errors import UserError


class BlockAdapter(nn.Module, Adapted):
    """Stands in for a block that maps hidden states [b, t, d] to as many, alone or first of a tuple."""

    def __init__(self, base: nn.Module) -> None:
        super().__init__()
        self.base = base
        self.active = True

    def branch(self, hidden: Tensor, out: Tensor) -> Tensor:
        """What is added to the block's output; `hidden` went in, `out` came out, both [b, t, d]."""
        raise NotImplementedError

    def forward(self, hidden: Tensor, *rest: Any, **named: Any) -> Any:
        result = self.base(hidden, *rest, **named)
        if not self.active:
            return result
        if torch.is_tensor(result):
            return result + self.branch(hidden, result)
        return result[0] + self.branch(hidden, result[0]), *result[1:]


class BlockMethod(AdapterMethod[C]):
    """Puts one layer around every block that `sites` finds: those whose last name is `config.block`."""

    config: Any

    def attach(self, model: nn.Module, plan: Plan) -> None:
        if any(isinstance(module, Adapted) for module in model.modules()):
            raise UserError("the model has an adapter already: load the base model anew")
        sites = self.sites(model)
        model.requires_grad_(False)
        self.plan_used = plan
        self.prepare(model, sites)
        width = int(model.config.hidden_size)
        made = {name: self.layer(name, base, width) for name, base in sites.items()}
        for name, layer in made.items():
            replace_module(model, name, layer.train(model.training))
        self.layers.update(made)

    def sites(self, model: nn.Module) -> dict[str, nn.Module]:
        """The blocks to adapt, by full name.

        Raises:
            UserError: there is none.
        """
        return blocks_named(model, self.config.block)

    def prepare(self, model: nn.Module, sites: Mapping[str, nn.Module]) -> None:
        """Make what the layers share; the model is still without adapters."""

    def layer(self, name: str, base: nn.Module, width: int) -> BlockAdapter:
        """The layer for one block; `width` is d."""
        raise NotImplementedError


def blocks_named(model: nn.Module, last: str, option: str = "block") -> dict[str, nn.Module]:
    """The modules whose last name is `last`, in the model's order.

    Raises:
        UserError: there is none; it names the option to set.
    """
    found = {name: each for name, each in model.named_modules() if name.rpartition(".")[2] == last}
    if not found:
        raise UserError(f"the model has no block named {last}: set `{option}`")
    return found


def decoder_blocks(model: nn.Module) -> dict[str, nn.Module]:
    """The model's layers from the first to the last: the longest list of modules in it.

    Raises:
        UserError: the model has no such list.
    """
    lists = [(name, each) for name, each in model.named_modules() if isinstance(each, nn.ModuleList)]
    if not lists:
        raise UserError("the model has no list of layers: this method does not fit it")
    name, longest = max(lists, key=lambda each: len(each[1]))
    return {f"{name}.{place}": block for place, block in enumerate(longest)}


def depths(names: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """(place from 0, how many there are) of the model's layer in which each named module stands.

    Raises:
        UserError: a name has no number in it, so that it stands in no layer.
    """
    numbers: dict[str, int] = {}
    for name in names:
        found = next((int(part) for part in name.split(".") if part.isdigit()), None)
        if found is None:
            raise UserError(f"{name} stands in no numbered layer: this method does not fit the model")
        numbers[name] = found
    order = {number: place for place, number in enumerate(sorted(set(numbers.values())))}
    return {name: (order[number], len(order)) for name, number in numbers.items()}
