"""TLoRA: the weight is transformed, then corrected, both by small rings of tensors (row 33).

Paper: "Transformed Low-rank Adaptation via Tensor Decomposition and Its Applications to Text-to-image
Models", arXiv 2501.08727.
    y = (W0 T + D) x;  i = I_1 ... I_n, o = O_1 ... O_n, R the rank of the rings
    T[a.., b..] = trace of the product of A^d[a_d, b_d]; cores A^d [I_d, I_d, R, R] = identity / R give
        T = identity
    D[a.., b..] = trace of the product of B^d[a_d], then C^d[b_d]; B^d [O_d, R, R], C^d [I_d, R, R], B^1 = 0
    delta = W0 (T - identity) + D;  extra loss: weight * sum of |A^d - identity / R|^2
Trainable: R^2 sum of I_d^2 for T, R^2 (sum of I_d + sum of O_d) for D. Reconstructed: the start of the other
cores, N(0, 1/R).
"""

from __future__ import annotations

import itertools
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.linear import DeltaLinear, normal, site_generator
from adaptation.method import Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving


class TloraConfig(MethodConfig):
    """`cores` is n, `rank` is R, `identity` weighs how far T may go."""

    cores: int = Field(default=3, ge=1)
    rank: int = Field(default=2, ge=1)
    identity: float = Field(default=1e-3, ge=0)


def sides(size: int, parts: int) -> tuple[int, ...]:
    """`size` as a product of so many factors, rising, with the smallest sum: 576 as 8, 8, 9."""
    if parts == 1:
        return (size,)
    divisors = (first for first in range(1, size + 1) if size % first == 0 and first**parts <= size)
    return min(((first, *sides(size // first, parts - 1)) for first in divisors), key=sum)


def square(cores: list[Tensor] | nn.ParameterList) -> Tensor:
    """The matrix [i, i] of a ring of cores [I_d, I_d, R, R]."""
    found = cores[0]
    for core in itertools.islice(cores, 1, None):
        joined = torch.einsum("abrs,cdst->acbdrt", found, core)
        found = joined.flatten(0, 1).flatten(1, 2)
    return torch.einsum("abrr->ab", found)


def chain(cores: nn.ParameterList) -> Tensor:
    """[n, R, R] from cores [N_d, R, R], n their product."""
    found = cores[0]
    for core in itertools.islice(cores, 1, None):
        found = torch.einsum("ars,cst->acrt", found, core).flatten(0, 1)
    return found


class TloraLinear(DeltaLinear):
    def __init__(self, base: nn.Linear, config: TloraConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        r, like = config.rank, base.weight
        inner, outer = sides(self.in_features, config.cores), sides(self.out_features, config.cores)
        ones = like.new_ones(r, r) / r
        self.turn = nn.ParameterList(
            [nn.Parameter(torch.einsum("ab,rs->abrs", torch.eye(n).to(like), ones)) for n in inner]
        )
        drawn = [normal((n, r, r), r**-0.5, draw, like) for n in (*outer, *inner)]
        drawn[0].zero_()
        self.out_cores = nn.ParameterList([nn.Parameter(core) for core in drawn[: len(outer)]])
        self.in_cores = nn.ParameterList([nn.Parameter(core) for core in drawn[len(outer) :]])

    def _rest(self) -> Tensor:
        return torch.einsum("ors,isr->oi", chain(self.out_cores), chain(self.in_cores))

    def _turned(self) -> Tensor:
        return square(self.turn) - torch.eye(self.in_features).to(self.weight)

    def delta(self) -> Tensor:
        return self.weight @ self._turned() + self._rest()

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        turned = functional.linear(x, self._turned())
        return functional.linear(turned, self.weight) + functional.linear(x, self._rest())

    def distance(self) -> Tensor:
        """Sum of |A^d - identity / R|^2."""
        r = self.turn[0].shape[-1]
        away = [
            (core - (torch.eye(core.shape[0]) / r).to(core)[:, :, None, None]).square().sum()
            for core in self.turn
        ]
        return torch.stack(away).sum()


class Tlora(LinearMethod[TloraConfig]):
    name: ClassVar = "tlora"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE)
    config_type: ClassVar = TloraConfig
    knob: ClassVar = Knob(options=("rank",), most=3)

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> TloraLinear:
        return TloraLinear(base, self.config, site_generator(self.config.seed, name))

    def extra_loss(self) -> Tensor | None:
        if not self.config.identity:
            return None
        return self.config.identity * torch.stack([each.distance() for each in self.layers.values()]).sum()

    def count_layer(self, layer: TloraLinear) -> int:
        inner, outer = (sides(n, self.config.cores) for n in (layer.in_features, layer.out_features))
        return self.config.rank**2 * (sum(n * n for n in inner) + sum(inner) + sum(outer))
