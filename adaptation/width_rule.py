"""Learning rate and weight decay that carry over from a narrow model to a wide one (row 25).

Paper: "Robust Layerwise Scaling Rules by Proper Weight Decay Tuning". From a proxy of width d0 to width d:
    matrices  eta = eta0 d0 / d,  lambda = lambda0 sqrt(d / d0);   vectors  eta = eta0,  lambda = 0
    why: the largest singular value settles at sqrt(eta / lambda) d^0.75, which then is the same at any width
A list of abstracts has lambda in proportion to d, its root lost in the text: by that the value would fall as
d^-0.25. Vectors are norms, biases, embeddings and the head, which have one side that grows with the width.
For full training under AdamW the rule was tried by its authors. **For factors of an adapter it was not**:
there it is an extrapolation, in which A and B count as matrices, as their product is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn


class WidthRule(BaseModel):
    """`proxy_decay` is lambda0 of AdamW, found at `proxy_width`, d0, with the learning rate of the run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    proxy_width: int = Field(ge=1)
    proxy_decay: float = Field(default=0.1, ge=0)

    def learning_rate(self, rate: float, width: int) -> float:
        """eta of matrices at this width."""
        return rate * self.proxy_width / width

    def weight_decay(self, width: int) -> float:
        """lambda of matrices at this width."""
        return self.proxy_decay * float(width / self.proxy_width) ** 0.5

    def applied(
        self, groups: Iterable[Mapping[str, Any]], width: int, vectors: Iterable[nn.Parameter] = ()
    ) -> list[dict[str, Any]]:
        """Groups for AdamW under the rule, from any method's; `vectors` are such in spite of two sides.

        A group that names its own weight decay keeps it: masked weights must not decay at all.
        """
        ends = {id(each) for each in vectors}
        found: list[dict[str, Any]] = []
        for group in groups:
            parts: tuple[list[nn.Parameter], list[nn.Parameter]] = ([], [])
            for each in group["params"]:
                parts[each.dim() < 2 or id(each) in ends].append(each)
            matrices = {
                "lr": self.learning_rate(group["lr"], width),
                "weight_decay": self.weight_decay(width),
            }
            for part, own in zip(parts, (matrices, {"lr": group["lr"], "weight_decay": 0.0}), strict=True):
                if part:
                    found.append(
                        {"weight_decay": own["weight_decay"], **group, "params": part, "lr": own["lr"]}
                    )
        return found


@torch.no_grad()
def largest_singular_values(tensors: Mapping[str, torch.Tensor]) -> dict[str, float]:
    """sigma_max of each matrix, by name: equal at two widths where the rule has done its work."""
    return {
        name: float(torch.linalg.matrix_norm(each.float(), ord=2))
        for name, each in tensors.items()
        if each.dim() == 2
    }


def ends_of(model: nn.Module) -> list[nn.Parameter]:
    """The weights of embeddings and head, one where they are tied."""
    found = (model.get_input_embeddings(), model.get_output_embeddings())
    return list({id(each.weight): each.weight for each in found if each is not None}.values())
