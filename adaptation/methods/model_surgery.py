"""Model surgery: one adapter a task, each drawn towards the mean of those before it (row 12).

Paper: Sun et al. 2025, "MOS: Model Surgery for Pre-Trained Model-Based Class-Incremental Learning".
    task b has its own theta_b = (A_b [r, i], B_b [o, r]), delta_b = s B_b A_b
    after every step of the optimiser:  theta_b <- (1 - mu) theta_b + mu mean(theta_1 .. theta_{b-1})
Trainable: r (o + i) a matrix, of the last task alone; stored are b of these. mu = 0, or a first task, is
plain LoRA. The paper's adapters are bottlenecks in a vision transformer, here they are LoRA. What goes with
it is in `adaptation/bank.py`: choosing the adapter for an input, the router put right by drawing from each
task's Gaussian, and the ensemble with the base. Left out: prototypes of classes, since a language model's
tokens are no classes of a task; tasks take their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.linear import LowRankLinear, kaiming, site_generator
from adaptation.method import Capabilities, LinearMethod, MethodConfig, Plan, Serving
from adaptation.training import Callback, Run
from core.errors import UserError


class ModelSurgeryConfig(MethodConfig):
    """`pull` is mu."""

    rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16.0, gt=0)
    pull: float = Field(default=0.1, ge=0, lt=1)


class SurgeryLinear(LowRankLinear):
    """`a` and `b` of the task in training; `past_a` [n, r, i] and `past_b` [n, o, r] of those before it."""

    past_a: Tensor
    past_b: Tensor

    def __init__(self, base: nn.Linear, name: str, config: ModelSurgeryConfig) -> None:
        super().__init__(base)
        self._name, self._config = name, config
        like = base.weight
        self.a = nn.Parameter(like.new_empty(config.rank, self.in_features))
        self.b = nn.Parameter(like.new_empty(self.out_features, config.rank))
        self.register_buffer("past_a", like.new_zeros(0, *self.a.shape))
        self.register_buffer("past_b", like.new_zeros(0, *self.b.shape))
        self.chosen: int | None = None
        """The task that is live; None: that in training."""
        self.fresh()

    @torch.no_grad()
    def fresh(self) -> None:
        draw = site_generator(self._config.seed, f"{self._name}|{len(self.past_a)}")
        self.a.copy_(kaiming(self._config.rank, self.in_features, draw, self.a))
        self.b.zero_()

    @torch.no_grad()
    def put_by(self) -> None:
        self.past_a = torch.cat([self.past_a, self.a[None]])
        self.past_b = torch.cat([self.past_b, self.b[None]])
        self.fresh()

    @torch.no_grad()
    def draw_near(self) -> None:
        """One step towards the mean of the earlier tasks."""
        if len(self.past_a):
            self.a.lerp_(self.past_a.mean(dim=0), self._config.pull)
            self.b.lerp_(self.past_b.mean(dim=0), self._config.pull)

    def factors(self) -> tuple[Tensor, Tensor]:
        scale = self._config.alpha / self._config.rank
        if self.chosen is None or self.chosen == len(self.past_a):
            return self.a, scale * self.b
        return self.past_a[self.chosen], scale * self.past_b[self.chosen]


class ModelSurgery(LinearMethod[ModelSurgeryConfig]):
    name: ClassVar = "model-surgery"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA, grows=True)
    config_type: ClassVar = ModelSurgeryConfig

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> SurgeryLinear:
        return SurgeryLinear(base, name, self.config)

    @property
    def tasks(self) -> int:
        """How many adapters there are, that in training included."""
        return 1 + len(next(iter(self.layers.values())).past_a)

    def next_task(self) -> None:
        """Put the adapter in training by, and begin another that changes nothing yet."""
        for layer in self.layers.values():
            layer.put_by()
        self.select(None)

    def select(self, task: int | None) -> None:
        """Which task's adapter is live, from 0, for forward passes, merging and export; None: the last.

        Raises:
            UserError: there is no such task.
        """
        if task is not None and not 0 <= task < self.tasks:
            raise UserError(f"there is no task {task}: the adapter has {self.tasks}, from 0")
        for layer in self.layers.values():
            layer.chosen = task

    def callbacks(self) -> Sequence[Callback]:
        return (DrawNear(self),)

    def count_layer(self, layer: SurgeryLinear) -> int:
        return self.config.rank * (layer.out_features + layer.in_features)


class DrawNear(Callback):
    def __init__(self, method: ModelSurgery) -> None:
        self._method = method

    def on_start(self, run: Run) -> None:
        self._method.select(None)

    def after_step(self, run: Run) -> None:
        for layer in self._method.layers.values():
            layer.draw_near()
