"""Label shift adapter: a classifier's last layer, moved by how often each class comes now (row 21).

Paper: Park et al. 2023, "Label Shift Adapter for Test-Time Adaptation under Covariate and Label Shifts".
    [gamma, beta, dW, db] = g_phi(pi);  logits = (W + dW)(gamma * h + beta) + b + db
    h [n, d] features, W [k, d] and b [k] frozen, pi [k] the class shares, g_phi a net of two layers
    trained on source data with pi among {uniform, source, inverse of source}, by the cross entropy of
    logits + log(pi_source / pi): what the logits must be for pi, seen through source data
    at test: pi <- (1 - rate) pi + rate * mean of softmax(logits)
g's last layer starts at 0 with gamma = 1, so that phi = 0 changes nothing. Trainable: H (k + 1) +
(H + 1) (2 d + k d + k). Reconstructed: the loss's form and weights (the three pi count alike); that pi goes
in as log(k pi), so that uniform is 0. With the shares known, Bayes' rule p pi_t / pi_s is the best there is.
For a router or an outcome classifier whose mix of tasks changes, never for tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import UserError

FLOOR = 1e-6
"""Of a class's share."""


class LabelShiftAdapter(nn.Module):
    """Around a linear head that stays as it is. `hidden` is H."""

    def __init__(self, head: nn.Linear, *, hidden: int = 32, seed: int = 0) -> None:
        super().__init__()
        k, d = head.weight.shape
        self.register_buffer("weight", head.weight.detach().clone())
        bias = head.weight.new_zeros(k) if head.bias is None else head.bias
        self.register_buffer("bias", bias.detach().clone())
        self.first = nn.utils.skip_init(nn.Linear, k, hidden, dtype=head.weight.dtype)
        self.last = nn.utils.skip_init(nn.Linear, hidden, 2 * d + k * d + k, dtype=head.weight.dtype)
        with torch.no_grad():
            draw = torch.Generator().manual_seed(seed)
            bound = k**-0.5
            for each in (self.first.weight, self.first.bias):
                each.copy_(torch.rand(each.shape, generator=draw) * 2 * bound - bound)
            self.last.weight.zero_()
            self.last.bias.zero_()
        self.to(head.weight.device)

    def forward(self, features: Tensor, shares: Tensor) -> Tensor:
        """Logits [n, k] of features [n, d] where classes come by `shares` [k]."""
        k, d = self.weight.shape
        found = self.last(torch.tanh(self.first(shares.clamp_min(FLOOR).mul(k).log())))
        gain, shift, weight, bias = found.split([d, d, k * d, k])
        moved = (1 + gain) * features + shift
        return functional.linear(moved, self.weight + weight.view(k, d), self.bias + bias)

    def fit(
        self, features: Tensor, labels: Tensor, *, steps: int = 300, rate: float = 1e-2
    ) -> tuple[float, ...]:
        """Train g_phi on source features [n, d] and classes [n]; gives the loss of each step.

        Raises:
            UserError: a class has no row.
        """
        source = shares_of(labels, self.weight.shape[0]).to(features.device, features.dtype)
        priors = settings(source)
        optimizer = torch.optim.Adam(self.parameters(), lr=rate)
        losses: list[float] = []
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=True)
            parts = [adjusted_loss(self(features, pi), labels, source, pi) for pi in priors]
            loss = torch.stack(parts).mean()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        return tuple(losses)

    @torch.no_grad()
    def follow(
        self, batches: Sequence[Tensor], start: Tensor, *, rate: float = 0.1
    ) -> tuple[list[Tensor], Tensor]:
        """Probabilities [n, k] of each batch of features as they come, and the shares that were followed."""
        shares, found = start.clone(), []
        for features in batches:
            probabilities = self(features, shares).softmax(dim=1)
            found.append(probabilities)
            shares = (1 - rate) * shares + rate * probabilities.mean(dim=0)
        return found, shares


def settings(source: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Uniform shares, those of the source, and their inverse, each [k]."""
    inverse = 1 / source
    return torch.full_like(source, 1 / source.numel()), source, inverse / inverse.sum()


def adjusted_loss(logits: Tensor, labels: Tensor, source: Tensor, shares: Tensor) -> Tensor:
    """Cross entropy on source rows of logits [n, k] that are meant for `shares`."""
    return functional.cross_entropy(logits + (source / shares.clamp_min(FLOOR)).log(), labels)


def shares_of(labels: Tensor, classes: int) -> Tensor:
    """[k], from classes [n].

    Raises:
        UserError: a class has no row: its share cannot be undone.
    """
    counts = torch.bincount(labels, minlength=classes)
    if counts.numel() > classes or not bool((counts > 0).all()):
        raise UserError(f"every class from 0 to {classes - 1} needs at least one row, and there is no other")
    return counts / counts.sum()


def reweighted(probabilities: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Bayes' rule: p pi_t / pi_s, rows normalised; the oracle where the target's shares are known."""
    found = probabilities * (target / source)
    return found / found.sum(dim=1, keepdim=True)
