"""Which experts a token goes to, and how evenly they are used."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def gates(logits: Tensor, active: int) -> tuple[Tensor, Tensor]:
    """The shares of the `active` likeliest experts, their sum 1, and 0 for the others.

    Args:
        logits: [..., E], taken to probabilities in float32.

    Returns:
        (gates [..., E] of logits' type, probabilities [..., E] in float32).
    """
    probabilities = functional.softmax(logits.float(), dim=-1)
    best, places = probabilities.topk(min(active, logits.shape[-1]), dim=-1)
    shares = best / best.sum(dim=-1, keepdim=True)
    found = torch.zeros_like(probabilities).scatter(-1, places, shares)
    return found.to(logits.dtype), probabilities


def balance(used: Tensor, probabilities: Tensor) -> Tensor:
    """E sum of m_i P_i, a scalar, as in Switch Transformer, arXiv 2101.03961, equation 4.

    m_i is the share of what was sent that went to expert i (no gradient), P_i its mean probability. It is 1
    where either is uniform, and above 1 where experts that are likelier are also sent more. It can be below
    1 for other m and P, as the one counts and the other weighs: only with m = P is 1 the least for certain.

    Args:
        used: [..., E], above 0 where a token was sent.
        probabilities: [..., E].
    """
    experts = probabilities.shape[-1]
    sent = (used.detach() > 0).flatten(0, -2).float().mean(dim=0)
    mean = probabilities.flatten(0, -2).mean(dim=0)
    return experts * (sent / sent.sum() * mean).sum()
