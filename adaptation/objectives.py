"""What is made smaller, by the kind of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from adaptation.data.encoding import IGNORED, AnyRow, InformedRow, PairRow, Row
from adaptation.method import AdapterMethod, Batch
from adaptation.preferences import PreferenceConfig, preference_loss
from adaptation.training import Loss, causal_loss
from core.errors import UserError

INFORMED = "informed_"


def distillation_loss(method: AdapterMethod[Any], model: nn.Module, batch: Batch) -> Tensor:
    """Mean over the answer's tokens of KL(base with the pamphlet, model without it).

    Context distillation: Askell et al. 2021, arXiv 2112.00861, section 2.2; Snell et al. 2022, "Learning by
    distilling context".
    """
    wanted = predicting(batch["labels"])
    own = model(**{k: v for k, v in batch.items() if k != "labels" and not k.startswith(INFORMED)}).logits
    told = {k.removeprefix(INFORMED): v for k, v in batch.items() if k.startswith(INFORMED)}
    answered = predicting(told.pop("labels"))
    with torch.no_grad(), method.off():
        teacher = model(**told).logits[answered].log_softmax(dim=-1)
    student = own[wanted].log_softmax(dim=-1)
    return functional.kl_div(student, teacher, log_target=True, reduction="batchmean")


def predicting(labels: Tensor) -> Tensor:
    """The places [b, t] whose logits predict a learned token: one before it."""
    return torch.cat([labels[:, 1:] != IGNORED, torch.zeros_like(labels[:, :1], dtype=torch.bool)], dim=1)


def loss_for(rows: Sequence[AnyRow], preference: PreferenceConfig | None = None) -> Loss:
    """The loss of rows of one kind; `preference` says how pairs are learned from.

    Raises:
        UserError: rows of several kinds.
    """
    losses: Mapping[type[AnyRow], Loss] = {
        Row: causal_loss,
        InformedRow: distillation_loss,
        PairRow: preference_loss(preference),
    }
    kinds = {type(row) for row in rows}
    if len(kinds) != 1:
        raise UserError("the examples are of several kinds: train on one file of one kind")
    return losses[kinds.pop()]


@torch.no_grad()
def mean_loss(method: AdapterMethod[Any], model: nn.Module, batches: Sequence[Batch], loss: Loss) -> float:
    """The loss in evaluation mode, weighed by learned tokens, of pairs by their number; modes and random
    numbers are left as they were."""
    device = next(model.parameters()).device
    was_training = model.training
    total = parts = 0.0
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        model.eval()
        for batch in batches:
            held = {name: value.to(device) for name, value in batch.items()}
            size = float(len(batch["weights"]) if "weights" in batch else (batch["labels"] != IGNORED).sum())
            total += size * float(loss(method, model, held))
            parts += size
        model.train(was_training)
    return total / parts
