"""The shared base of methods that change a linear layer: y = W0 x + b + branch(x)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import UserError


class Adapted:
    """A module of ours that stands in a model: no second adapter is put over it."""


class DeltaLinear(nn.Module, Adapted):
    """Stands in for a frozen `nn.Linear` with weight W0 [o, i] and adds what a method has learned.

    A subclass gives `delta()` [o, i], and if it can a cheaper `branch`, `delta_bias` and `factors`.
    """

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base
        self.active = True
        """False: the layer is its base, as for comparing with what was there before."""
        self._kept: tuple[Tensor, Tensor | None] | None = None
        """W0 and b while the delta is merged into the base; copied, so that unmerging is exact."""

    @property
    def out_features(self) -> int:
        return int(self.base.out_features)

    @property
    def in_features(self) -> int:
        return int(self.base.in_features)

    @property
    def weight(self) -> Tensor:
        """W0 [o, i], also while merged: a delta that depends on W0 must not see itself."""
        return self.base.weight if self._kept is None else self._kept[0]

    @property
    def bias(self) -> Tensor | None:
        return self.base.bias if self._kept is None else self._kept[1]

    @property
    def merged(self) -> bool:
        return self._kept is not None

    def delta(self) -> Tensor:
        """What is added to W0, [o, i]."""
        raise NotImplementedError

    def delta_bias(self) -> Tensor | None:
        """What is added to b, [o]."""
        return None

    def factors(self) -> tuple[Tensor, Tensor] | None:
        """(A [r, i], B [o, r]) with delta = B A exactly, all scaling folded in; None where there are none."""
        return None

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        """What is added to y = W0 x + b; x [..., i], y [..., o]."""
        return functional.linear(x, self.delta(), self.delta_bias())

    def forward(self, x: Tensor) -> Tensor:
        y = self.base(x)
        return y + self.branch(x, y) if self.active and not self.merged else y

    @torch.no_grad()
    def merge(self) -> None:
        """Put the delta into the base layer; `unmerge` restores it bit by bit."""
        if self.merged:
            raise UserError("the adapter is merged already: unmerge it first")
        delta, bias = self.delta(), self.delta_bias()
        kept = self.base.weight.clone(), None if self.base.bias is None else self.base.bias.clone()
        if bias is not None and self.base.bias is None:
            raise UserError("the adapter changes a bias that the base layer does not have")
        self.base.weight += delta
        if bias is not None:
            self.base.bias += bias
        self._kept = kept

    @torch.no_grad()
    def unmerge(self) -> None:
        if self._kept is None:
            raise UserError("the adapter is not merged")
        weight, bias = self._kept
        self.base.weight.copy_(weight)
        if bias is not None:
            self.base.bias.copy_(bias)
        self._kept = None


class LowRankLinear(DeltaLinear):
    """delta = B A with the factors that a subclass gives; x goes through A first, never through [o, i]."""

    def factors(self) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def delta(self) -> Tensor:
        a, b = self.factors()
        return b @ a

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        a, b = self.factors()
        return functional.linear(functional.linear(x, a), b, self.delta_bias())


def linear_sites(model: nn.Module, targets: tuple[str, ...]) -> dict[str, nn.Linear]:
    """The linear layers whose last name is among `targets`, by full name.

    Raises:
        UserError: there is none, or a name fits a layer that is adapted already.
    """
    found: dict[str, nn.Linear] = {}
    for name, module in model.named_modules():
        if isinstance(module, Adapted):
            raise UserError(f"{name} has an adapter already: load the base model anew")
        if name.rpartition(".")[2] in targets and isinstance(module, nn.Linear):
            found[name] = module
    if not found:
        raise UserError(f"the model has no linear layer named {', '.join(targets)}: set `targets`")
    return found


def replace_module(model: nn.Module, name: str, new: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, new)


def site_generator(seed: int, name: str) -> torch.Generator:
    """Random numbers of one site: the same on every machine, whatever other sites there are."""
    digest = hashlib.sha256(f"{seed}|{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


def kaiming(rows: int, columns: int, generator: torch.Generator, like: Tensor) -> Tensor:
    """U(-1/sqrt(columns), 1/sqrt(columns)) [rows, columns]: what `nn.Linear` starts with."""
    bound = columns**-0.5
    return uniform((rows, columns), bound, generator, like)


def uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator, like: Tensor) -> Tensor:
    """U(-bound, bound), drawn on the CPU in float32, then as `like` in device and type."""
    drawn = torch.rand(shape, generator=generator) * (2 * bound) - bound
    return drawn.to(device=like.device, dtype=like.dtype)


def normal(shape: tuple[int, ...], deviation: float, generator: torch.Generator, like: Tensor) -> Tensor:
    """N(0, deviation^2), drawn like `uniform`."""
    return (torch.randn(shape, generator=generator) * deviation).to(device=like.device, dtype=like.dtype)


def own_tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters and kept buffers of an adapter layer, without those of its base."""
    for name, parameter in module.named_parameters():
        if not name.startswith("base."):
            yield name, parameter
    skipped = {
        f"{prefix}.{name}" if prefix else name
        for prefix, part in module.named_modules()
        for name in part._non_persistent_buffers_set
    }
    for name, buffer in module.named_buffers():
        if not name.startswith("base.") and name not in skipped:
            yield name, buffer
