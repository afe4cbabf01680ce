"""Direct preference optimisation: the chosen answer rather than the rejected one, not far from the base.

Rafailov et al. 2023, arXiv 2305.18290, equation 7. With log p(y) the sum over the tokens of an answer, p of
the model with its adapter and p0 of the base alone:
    margin = beta ((log p(chosen) - log p0(chosen)) - (log p(rejected) - log p0(rejected)))
    loss   = mean over pairs of weight (-log sigmoid(margin)); ln 2 where p = p0 and weights are 1
beta is the strength of the bound to the base: the price of one nat of KL from it, in reward. `smoothing` is
the share of pairs that is held to be the wrong way round. `anchor` adds so many times the mean loss per token
of the chosen answers, which may else become less likely together with the rejected ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.method import AdapterMethod, Batch
    from adaptation.training import Loss

IGNORED = -100


class PreferenceConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    beta: float = Field(default=0.1, gt=0)
    smoothing: float = Field(default=0.0, ge=0, lt=0.5)
    anchor: float = Field(default=0.0, ge=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """By pair [b]: how much more the adapter prefers the chosen answer than the base does, times beta; and
    the log probability of the chosen answer per token.
    """

    margin: Tensor
    chosen: Tensor


def preference_loss(config: PreferenceConfig | None = None) -> Loss:
    """The loss of batches of pairs: rows [2 b, t], the chosen before the rejected, and `weights` [b]."""
    used = config or PreferenceConfig()

    def loss(method: AdapterMethod[Any], model: nn.Module, batch: Batch) -> Tensor:
        found = margins(method, model, batch, used.beta)
        right = (1 - used.smoothing) * functional.logsigmoid(found.margin)
        wrong = used.smoothing * functional.logsigmoid(-found.margin)
        each = -(right + wrong) - used.anchor * found.chosen
        return (each * batch["weights"].to(each)).mean()

    return loss


def margins(method: AdapterMethod[Any], model: nn.Module, batch: Batch, beta: float) -> Margins:
    """Raises:
    UserError: the batch is none of pairs.
    """
    if "weights" not in batch or batch["input_ids"].shape[0] != 2 * batch["weights"].shape[0]:
        raise UserError("preference training needs pairs: chosen and rejected answers to one prompt")
    own = answer_log_shares(model, batch)
    with torch.no_grad(), method.off():
        base = answer_log_shares(model, batch)
    chosen, rejected = (own - base).chunk(2)
    tokens = (batch["labels"][:, 1:] != IGNORED).sum(dim=1).chunk(2)[0]
    return Margins(margin=beta * (chosen - rejected), chosen=own.chunk(2)[0] / tokens)


def answer_log_shares(model: nn.Module, batch: Batch) -> Tensor:
    """log p of the tokens with labels, summed by row [rows]."""
    read = {name: value for name, value in batch.items() if name not in ("labels", "weights")}
    wanted = batch["labels"][:, 1:]
    place = wanted != IGNORED
    logits = model(**read).logits[:, :-1][place]
    found = -functional.cross_entropy(logits, wanted[place], reduction="none")
    row = place.nonzero()[:, 0]
    return found.new_zeros(place.shape[0]).index_add(0, row, found)
