"""LocFT-BF: one matrix is tuned to hold facts, all of them in every pass (row 37).

Paper: "Fine-tuning Done Right in Model Editing" (LocFT-BF), ICLR 2026.
    W' = W0 + D, D [o, i] of one feed-forward output in one block; Adam, no decay
    breadth first: each epoch goes over all edits in mini-batches; a batch whose loss is below 0.01 is passed
    over, and training ends when the mean loss of an epoch is
Trainable: o i of the one matrix. The authors take block 22 of 32 for Llama-3-8B and 6 of 28 for Qwen2.5-7B,
with batches of 100 and 5e-4: where it works is found per model, and two thirds of the depth stands here for
want of better. `adaptation/editing.py` makes the rows, the two orders, the end and the scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.linear import DeltaLinear
from adaptation.method import Batch, Capabilities, LinearMethod, MethodConfig, Plan, Serving
from adaptation.training import Loss, causal_loss
from core.errors import UserError


class LocftConfig(MethodConfig):
    """`targets` has one name; `block` counts from 0, and without it is two thirds of the depth.

    Batches with a loss below `enough` are passed over; 0 passes over none.
    """

    targets: tuple[str, ...] = Field(default=("down_proj",), min_length=1, max_length=1)
    block: int | None = Field(default=None, ge=0)
    enough: float = Field(default=1e-2, ge=0)


class WholeDelta(DeltaLinear):
    """D of the size of W0, from 0."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__(base)
        self.values = nn.Parameter(torch.zeros_like(base.weight))

    def delta(self) -> Tensor:
        return self.values


class Locft(LinearMethod[LocftConfig]):
    name: ClassVar = "locft"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE)
    config_type: ClassVar = LocftConfig

    def __init__(self, config: LocftConfig) -> None:
        super().__init__(config)
        self._site = ""

    def prepare(self, sites: Mapping[str, nn.Linear], plan: Plan) -> None:
        names = list(sites)
        block = self.config.block if self.config.block is not None else 2 * len(names) // 3
        if block >= len(names):
            raise UserError(f"locft: the model has {len(names)} layers named so: lower `block`")
        self._site = names[block]

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> WholeDelta | None:
        return WholeDelta(base) if name == self._site else None

    def param_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        return [{"params": self.parameters(), "lr": learning_rate, "weight_decay": 0.0}]

    def backward(self, model: nn.Module, batch: Batch, loss: Loss = causal_loss) -> Tensor:
        found = loss(self, model, batch)
        if float(found.detach()) >= self.config.enough:
            found.backward()
        return found.detach()

    def count_layer(self, layer: WholeDelta) -> int:
        return layer.out_features * layer.in_features
