"""What adapting to one domain after another needs: an average over time, and where domains disagree."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)


def frozen_copy(module: M) -> M:
    return copy.deepcopy(module).requires_grad_(False)


@torch.no_grad()
def follow(teacher: nn.Module, student: nn.Module, memory: float) -> None:
    """theta_T <- mu theta_T + (1 - mu) theta_S, for every parameter; mu is `memory`."""
    for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
        old.lerp_(new.detach(), 1 - memory)


class Sensitivity:
    """The mean gradient that each domain has asked for so far, for a tensor that all domains share."""

    def __init__(self, like: Tensor, domains: int) -> None:
        self.means = torch.zeros(domains, *like.shape, device=like.device)
        self.seen = torch.zeros(domains, device=like.device)

    def add(self, domains: Tensor, gradient: Tensor) -> None:
        """gradient [n, ...], one for each of domains [n]."""
        self.seen[domains] += 1
        old, times = self.means[domains], self.seen[domains]
        self.means[domains] = old + (gradient - old) / times.view(-1, *[1] * (gradient.dim() - 1))

    def omega(self) -> Tensor:
        """Variance over domains, entry by entry, as a multiple of its mean; 0 before two domains are seen."""
        means = self.means[self.seen > 0]
        if means.shape[0] < 2:
            return torch.zeros_like(self.means[0])
        spread = means.var(dim=0)
        return spread / spread.mean().clamp_min(torch.finfo(spread.dtype).tiny)


def with_noise(ids: Tensor, share: float, vocabulary: int) -> Tensor:
    """Token ids [b, t] of which about `share` are replaced by random ones (torch's global generator)."""
    replaced = torch.rand(ids.shape, device=ids.device) < share
    return torch.where(replaced, torch.randint_like(ids, vocabulary), ids)
