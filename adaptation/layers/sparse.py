"""The shared layer of sparse methods: W0 plus values at flat indices, and how entries are chosen."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.linear import DeltaLinear
from adaptation.training import Run, swap_parameter


class SparseDeltaLinear(DeltaLinear):
    """y = (W0 + scatter(values at indices)) x + b.

    `indices` int64 [k] are flat places in W0 [o, i], `values` [k] what is added there; the optimiser's state
    is of size k too. `kept_*` are entries learned before and trained no more. With `dense_gradient` the
    gradient of every entry is at hand after a backward pass: what choosing new entries needs.
    """

    indices: Tensor
    kept_indices: Tensor
    kept_values: Tensor

    def __init__(self, base: nn.Linear, indices: Tensor, *, dense_gradient: bool = False) -> None:
        super().__init__(base)
        weight = base.weight
        self.register_buffer("indices", indices.to(device=weight.device, dtype=torch.int64))
        self.values = nn.Parameter(weight.new_zeros(indices.numel()))
        self.register_buffer("kept_indices", self.indices[:0].clone())
        self.register_buffer("kept_values", weight.new_zeros(0))
        self._dense: Tensor | None = None
        self._wants_dense = dense_gradient

    def delta(self) -> Tensor:
        return self._added_to(torch.zeros_like(self.weight))

    def forward(self, x: Tensor) -> Tensor:
        if self.merged or not self.active:
            return self.base(x)
        weight = self._added_to(self.base.weight)
        if self._wants_dense and weight.requires_grad and torch.is_grad_enabled():
            weight.retain_grad()
            self._dense = weight
        return functional.linear(x, weight, self.base.bias)

    def _added_to(self, weight: Tensor) -> Tensor:
        flat = weight.flatten().index_add(0, self.indices, self.values)
        return flat.index_add(0, self.kept_indices, self.kept_values).view_as(weight)

    def dense_gradient(self) -> Tensor:
        """dL/dW [o, i] of the last backward pass."""
        if self._dense is None or self._dense.grad is None:
            raise RuntimeError("no backward pass has gone through this layer")
        return self._dense.grad

    @torch.no_grad()
    def grow(self, run: Run, indices: Tensor) -> None:
        """Train more entries [m] from now on; their gradient of this step counts already."""
        old, gradient = self.values, self.dense_gradient().flatten()
        new = nn.Parameter(torch.cat([old, old.new_zeros(indices.numel())]))
        self.indices = torch.cat([self.indices, indices])
        new.grad = gradient[self.indices]
        self._swap(run, new, lambda moment: torch.cat([moment, moment.new_zeros(indices.numel())]))

    @torch.no_grad()
    def narrow(self, run: Run, stay: Tensor) -> None:
        """Train only the entries that the mask `stay` [k] marks; the others keep their value."""
        self.kept_indices = torch.cat([self.kept_indices, self.indices[~stay]])
        self.kept_values = torch.cat([self.kept_values, self.values[~stay]])
        self.indices = self.indices[stay]
        self._swap(run, nn.Parameter(self.values[stay].clone()), lambda moment: moment[stay])

    def _swap(self, run: Run, new: nn.Parameter, carry) -> None:  # type: ignore[no-untyped-def]
        swap_parameter(run.optimizer, self.values, new, carry)
        self.values = new


class VectorDelta(nn.Module):
    """A norm whose weight [d] is tuned: its weight becomes W0 + values, its kind stays its own."""

    def __init__(self, base: nn.Module) -> None:
        super().__init__()
        self.base = base
        self.active = True
        self.values = nn.Parameter(torch.zeros_like(base.weight))
        self._kept: Tensor | None = None

    @property
    def merged(self) -> bool:
        return self._kept is not None

    def delta(self) -> Tensor:
        return self.values

    def forward(self, x: Tensor) -> Tensor:
        if self._kept is not None or not self.active:
            return self.base(x)
        weight = {"weight": self.base.weight + self.values}
        return torch.func.functional_call(self.base, weight, (x,))

    @torch.no_grad()
    def merge(self) -> None:
        self._kept = self.base.weight.clone()
        self.base.weight += self.values

    @torch.no_grad()
    def unmerge(self) -> None:
        self.base.weight.copy_(self._kept)
        self._kept = None


def largest(scores: Mapping[str, Tensor], count: int) -> dict[str, Tensor]:
    """The `count` entries with the largest scores over all tensors, as flat int64 places in each.

    Exactly `count` (or all there are); of equal scores those of the earlier tensor and place. Each tensor is
    cut to its own best first, and places are 64 bits wide: two big layers do not overflow.
    """
    names = list(scores)
    best = [_descending(scores[name].flatten(), count) for name in names]
    values = torch.cat([scores[name].flatten()[places] for name, places in zip(names, best, strict=True)])
    owners = torch.cat([torch.full_like(places, n) for n, places in enumerate(best)])
    places = torch.cat(best)
    chosen = _descending(values, count)
    return {name: places[chosen[owners[chosen] == n]].sort().values for n, name in enumerate(names)}


def _descending(values: Tensor, count: int) -> Tensor:
    """Places of the largest values, in a stable order; -inf is never chosen."""
    if count <= 0:
        return torch.empty(0, dtype=torch.int64, device=values.device)
    count = min(count, int((values > -torch.inf).sum()))
    if count == 0:
        return torch.empty(0, dtype=torch.int64, device=values.device)
    # A full sort is slow on millions of entries: the threshold first, then only ties at it are ordered.
    threshold = values.topk(count).values[-1]
    above = (values > threshold).nonzero().flatten()
    ties = (values == threshold).nonzero().flatten()[: count - above.numel()]
    chosen = torch.cat([above, ties])
    return chosen[values[chosen].argsort(descending=True, stable=True)]


def smallest_share(weights: Mapping[str, Tensor], share: float) -> float:
    """The threshold under which `share` of all entries lie in absolute value."""
    sizes = torch.cat([each.detach().abs().flatten().float() for each in weights.values()])
    return float(sizes.kthvalue(max(1, int(share * sizes.numel()))).values)
