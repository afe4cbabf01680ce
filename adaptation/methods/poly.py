"""Poly and MHR: each task mixes an inventory of skills, a head at a time (row 26).

Papers: Ponti et al. 2022, arXiv 2202.13914 (Poly); Caccia et al. 2022, "Multi-Head Adapter Routing for
Cross-Task Generalization", arXiv 2211.03831 (MHR).
    skills A [q, S, i/q, r] Kaiming, B [q, S, r, o/q] zero; router Z [T, q S] in each layer
    w [q, S] = sigmoid(Z_t), in training a sample of the relaxed Bernoulli, each head normalised to 1
    A_t [i, r] = heads of sum_s w A_s, B_t [r, o] likewise;  y += x A_t B_t / r
q = 1 is Poly. Each task is a LoRA of rank r. Trainable: S r (o + i) + T q S. `freeze_skills` leaves the
router alone to learn (MHR-z), `average_skills` drops it for the mean of all skills (MHR-mu).
"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.distributions.relaxed_bernoulli import RelaxedBernoulli

from adaptation.layers.linear import kaiming, site_generator, uniform
from adaptation.layers.tasks import TaskChoice, TaskLinear, TaskMethod
from adaptation.method import Capabilities, MethodConfig, Plan, Serving
from core.errors import UserError


class PolyConfig(MethodConfig):
    """`splits` is q, the heads."""

    tasks: int = Field(default=4, ge=1)
    skills: int = Field(default=4, ge=1)
    splits: int = Field(default=4, ge=1)
    rank: int = Field(default=8, ge=1)


class PolyLinear(TaskLinear):
    def __init__(
        self, base: nn.Linear, choice: TaskChoice, config: PolyConfig, draw: torch.Generator
    ) -> None:
        super().__init__(base, choice)
        i, o, q, s, r = self.in_features, self.out_features, config.splits, config.skills, config.rank
        like = base.weight
        rows = kaiming(q * s * r, i // q, draw, like).view(q, s, r, i // q)
        self.a = nn.Parameter(rows.transpose(2, 3).contiguous())
        self.b = nn.Parameter(like.new_zeros(q, s, r, o // q))
        self.router = nn.Parameter(uniform((config.tasks, q * s), 1e-3, draw, like))

    def weights(self, tasks: Tensor) -> Tensor:
        """[b, q, S], each head's sum 1."""
        q, s = self.a.shape[:2]
        logits = self.router[tasks].view(-1, q, s)
        if self.training:
            open_share = RelaxedBernoulli(temperature=1.0, logits=logits).rsample()
        else:
            open_share = logits.sigmoid()
        return open_share / (open_share.sum(dim=-1, keepdim=True) + 1e-12)

    def mixed(self, tasks: Tensor) -> tuple[Tensor, Tensor]:
        """(A_t [b, i, r], B_t [b, r, o]) of each row's task."""
        weights = self.weights(tasks)
        a = torch.einsum("bqs,qsdr->bqdr", weights, self.a).flatten(1, 2)
        b = torch.einsum("bqs,qsrd->brqd", weights, self.b).flatten(2, 3)
        return a, b

    def task_factors(self, task: int) -> tuple[Tensor, Tensor]:
        a, b = self.mixed(torch.tensor([task], device=self.a.device))
        return a[0].T, b[0].T / self.a.shape[-1]

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        a, b = self.mixed(self.choice.rows(x))
        narrow = torch.einsum("b...i,bir->b...r", x, a)
        return torch.einsum("b...r,bro->b...o", narrow, b) / self.a.shape[-1]


class Poly(TaskMethod[PolyConfig]):
    name: ClassVar = "poly"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA, per_task=True)
    config_type: ClassVar = PolyConfig

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> PolyLinear:
        if base.in_features % self.config.splits or base.out_features % self.config.splits:
            raise UserError(f"poly: {name} cannot be cut into {self.config.splits} splits")
        return PolyLinear(base, self.choice, self.config, site_generator(self.config.seed, name))

    def freeze_skills(self) -> None:
        """MHR-z: from now on the router alone is trained."""
        for layer in self.layers.values():
            layer.a.requires_grad_(False)
            layer.b.requires_grad_(False)

    @torch.no_grad()
    def average_skills(self) -> None:
        """MHR-mu: every task uses all skills alike, and the router is trained no more."""
        for layer in self.layers.values():
            layer.a.copy_(layer.a.mean(dim=1, keepdim=True).expand_as(layer.a))
            layer.b.copy_(layer.b.mean(dim=1, keepdim=True).expand_as(layer.b))
            layer.router.requires_grad_(False)

    def count_layer(self, layer: PolyLinear) -> int:
        config = self.config
        skills = config.skills * config.rank * (layer.out_features + layer.in_features)
        router = config.tasks * config.splits * config.skills
        return (skills if layer.a.requires_grad else 0) + (router if layer.router.requires_grad else 0)
