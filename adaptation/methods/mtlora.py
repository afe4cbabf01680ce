"""MTLoRA: one shared and one own low-rank branch for each task (row 20).

Paper: Agiza et al. 2024, "MTLoRA: A Low-Rank Adaptation Approach for Efficient Multi-Task Learning",
arXiv 2403.20320; for one stream of hidden states, as in a causal language model.
    y_t = W0 x + s_s B_s A_s x + s_t B_t A_t x;  A_s [r_s, i], B_s [o, r_s], A_t [T, r_t, i], B_t [T, o, r_t]
Each task is a LoRA of rank r_s + r_t. Trainable: r_s (o + i) + T r_t (o + i). Without a task (shared stream)
the paper takes y_0 plus the shared branch alone; here a batch names its tasks. The released code does not
merge; here each task does.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.linear import kaiming, site_generator
from adaptation.layers.tasks import TaskChoice, TaskLinear, TaskMethod
from adaptation.method import Capabilities, Knob, MethodConfig, Plan, Serving


class MtloraConfig(MethodConfig):
    """Both scales are `alpha` over their rank."""

    tasks: int = Field(default=4, ge=1)
    shared_rank: int = Field(default=4, ge=1)
    task_rank: int = Field(default=4, ge=1)
    alpha: float = Field(default=8.0, gt=0)


class MtloraLinear(TaskLinear):
    def __init__(
        self, base: nn.Linear, choice: TaskChoice, config: MtloraConfig, draw: torch.Generator
    ) -> None:
        super().__init__(base, choice)
        i, o, like = self.in_features, self.out_features, base.weight
        self.shared_a = nn.Parameter(kaiming(config.shared_rank, i, draw, like))
        self.shared_b = nn.Parameter(like.new_zeros(o, config.shared_rank))
        rows = kaiming(config.tasks * config.task_rank, i, draw, like)
        self.task_a = nn.Parameter(rows.view(config.tasks, config.task_rank, i))
        self.task_b = nn.Parameter(like.new_zeros(config.tasks, o, config.task_rank))
        self.scales = config.alpha / config.shared_rank, config.alpha / config.task_rank

    def task_factors(self, task: int) -> tuple[Tensor, Tensor]:
        shared, own = self.scales
        a = torch.cat([self.shared_a, self.task_a[task]])
        return a, torch.cat([shared * self.shared_b, own * self.task_b[task]], dim=1)

    def branch(self, x: Tensor, y: Tensor) -> Tensor:
        tasks = self.choice.rows(x)
        shared, own = self.scales
        common = functional.linear(functional.linear(x, self.shared_a), shared * self.shared_b)
        narrow = torch.einsum("b...i,bri->b...r", x, self.task_a[tasks])
        return common + own * torch.einsum("b...r,bor->b...o", narrow, self.task_b[tasks])


class Mtlora(TaskMethod[MtloraConfig]):
    name: ClassVar = "mtlora"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA, per_task=True)
    config_type: ClassVar = MtloraConfig
    knob: ClassVar = Knob(options=("shared_rank", "task_rank"))

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> MtloraLinear:
        return MtloraLinear(base, self.choice, self.config, site_generator(self.config.seed, name))

    def count_layer(self, layer: MtloraLinear) -> int:
        ranks = self.config.shared_rank + self.config.tasks * self.config.task_rank
        return ranks * (layer.out_features + layer.in_features)
