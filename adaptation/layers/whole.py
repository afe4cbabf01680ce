"""The shared base of methods that tune whole tensors where they stand in the base model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping

import torch
from torch import Tensor, nn

from adaptation.layers.blocks import BlockAdapter
from adaptation.layers.linear import DeltaLinear
from adaptation.method import AdapterMethod, C, Plan
from core.errors import UserError


class TunedTensor(nn.Module):
    """A parameter of the base, trained in place; what it was is kept from when it is first touched.

    `active` False puts the original back for a while: the two change places, nothing is copied.
    """

    def __init__(self, value: nn.Parameter) -> None:
        super().__init__()
        self.value = value
        self.merged = False
        """Counted as the base's own for now. No number is changed by merging."""
        self.kept: Tensor | None = None
        """The original; None while the tensor was never touched."""
        self._active = True

    @property
    def active(self) -> bool:
        return self._active

    @active.setter
    def active(self, wanted: bool) -> None:
        if wanted != self._active and self.kept is not None:
            self.value.data, self.kept = self.kept, self.value.data
        self._active = wanted

    def touch(self) -> None:
        """Keep the original, if it is not kept yet."""
        if self.kept is None:
            self.kept = self.value.detach().clone()

    def delta(self) -> Tensor:
        """What is added to the original, of its shape."""
        return torch.zeros_like(self.value) if self.kept is None else self.value - self.kept

    def merge(self) -> None:
        if self.merged:
            raise UserError("the adapter is merged already: unmerge it first")
        self.merged = True

    def unmerge(self) -> None:
        if not self.merged:
            raise UserError("the adapter is not merged")
        self.merged = False


class WholeMethod(AdapterMethod[C]):
    """Tunes tensors of the base themselves; `layers` has one `TunedTensor` by each one's full name.

    The model computes with the tuned tensors and with nothing beside them. The state is those of them that
    were touched, whole: w0 + (w - w0) is not w to the last bit. `delta` gives the differences, and `detach`
    puts every original back to the bit.
    """

    def attach(self, model: nn.Module, plan: Plan) -> None:
        if any(isinstance(module, DeltaLinear | BlockAdapter) for module in model.modules()):
            raise UserError("the model has an adapter already: load the base model anew")
        tensors = self.tensors(model)
        model.requires_grad_(False)
        self.plan_used = plan
        self.layers = {name: TunedTensor(tensor) for name, tensor in tensors.items()}
        self.turn_on(self.first())

    @abstractmethod
    def tensors(self, model: nn.Module) -> Mapping[str, nn.Parameter]:
        """What may be tuned, by full name; a tensor that stands in two places once."""

    def first(self) -> Collection[str]:
        """The names of what is tuned from the start."""
        return tuple(self.layers)

    def turn_on(self, names: Collection[str], optimizer: torch.optim.Optimizer | None = None) -> None:
        """Train these tensors and no others; of others the gradient and the optimiser's state are dropped."""
        for name, layer in self.layers.items():
            layer.value.requires_grad_(name in names)
            if name in names:
                layer.touch()
                continue
            layer.value.grad = None
            if optimizer is not None:
                optimizer.state.pop(layer.value, None)

    def count(self) -> int:
        return sum(layer.value.numel() for layer in self.layers.values() if layer.value.requires_grad)

    def originals(self) -> dict[str, Tensor]:
        return {name: layer.kept for name, layer in self._touched()}

    def working_state(self) -> dict[str, Tensor]:
        return {f"{name}|value": layer.value.detach().clone() for name, layer in self._touched()}

    @torch.no_grad()
    def load_working(self, state: Mapping[str, Tensor]) -> None:
        for key, value in state.items():
            layer = self.layers.get(key.removesuffix("|value"))
            if layer is None or layer.value.shape != value.shape:
                raise UserError(f"the adapter does not fit this model: {key!r} differs")
            layer.touch()
            layer.value.copy_(value)

    def delta(self) -> Iterator[tuple[str, Tensor]]:
        for name, layer in self._touched():
            yield name, layer.delta().detach()

    @torch.no_grad()
    def detach(self, model: nn.Module) -> None:
        if any(layer.merged for layer in self.layers.values()):
            raise UserError("the adapter is merged: unmerge it first")
        for layer in self.layers.values():
            if layer.kept is not None:
                layer.value.copy_(layer.kept)
            layer.value.grad = None
        model.requires_grad_(False)
        self.layers = {}

    def _touched(self) -> Iterator[tuple[str, TunedTensor]]:
        for name, layer in self.layers.items():
            if layer.kept is not None:
                yield name, layer
