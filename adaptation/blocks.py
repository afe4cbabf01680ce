"""The shared base of methods that stand beside a whole block of the model: h' = block(h) + branch(h)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from adaptation.method import AdapterMethod, C, Plan
from core.errors import UserError


class BlockAdapter(nn.Module):
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
    """Puts one layer around every block whose last name `config.block` gives."""

    config: Any

    def attach(self, model: nn.Module, plan: Plan) -> None:
        blocks = {n: m for n, m in model.named_modules() if n.rpartition(".")[2] == self.config.block}
        if not blocks:
            raise UserError(f"the model has no block named {self.config.block}: set `block`")
        if any(isinstance(module, BlockAdapter) for module in model.modules()):
            raise UserError("the model has an adapter already: load the base model anew")
        model.requires_grad_(False)
        self.plan_used = plan
        for name, base in blocks.items():
            layer = self.layer(name, base, int(model.config.hidden_size))
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, layer.train(model.training))
            self.layers[name] = layer

    def layer(self, name: str, base: nn.Module, width: int) -> BlockAdapter:
        """The layer for one block; `width` is d."""
        raise NotImplementedError
