"""The label shift adapter against Bayes' rule, which knows best."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from adaptation.outputs.label_shift import (  # noqa: E402
    LabelShiftAdapter,
    reweighted,
    settings,
    shares_of,
)
from core.errors import UserError  # noqa: E402

CLASSES, WIDTH = 3, 4
SOURCE = torch.tensor([0.7, 0.2, 0.1])
CENTRES = 1.2 * torch.eye(CLASSES, WIDTH)


def drawn(shares: Any, count: int, seed: int) -> tuple[Any, Any]:
    """Gaussians of unit width, whose Bayes classifier is linear."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.multinomial(shares, count, replacement=True, generator=draw)
    return CENTRES[labels] + torch.randn(count, WIDTH, generator=draw), labels


@pytest.fixture(scope="module")
def head() -> nn.Linear:
    """Trained on source data to the end."""
    features, labels = drawn(SOURCE, 4000, 1)
    layer = nn.Linear(WIDTH, CLASSES)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=200)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = functional.cross_entropy(layer(features), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    return layer


@pytest.fixture(scope="module")
def adapter(head: nn.Linear) -> LabelShiftAdapter:
    found = LabelShiftAdapter(head)
    losses = found.fit(*drawn(SOURCE, 4000, 1))
    assert losses[-1] < losses[0]
    return found


def test_before_it_is_trained_nothing_is_changed(head: nn.Linear) -> None:
    features, _ = drawn(SOURCE, 50, 2)
    fresh = LabelShiftAdapter(head)
    for shares in settings(SOURCE):
        assert torch.equal(fresh(features, shares), head(features))
    count = 32 * (CLASSES + 1) + 33 * (2 * WIDTH + CLASSES * WIDTH + CLASSES)
    assert sum(each.numel() for each in fresh.parameters()) == count


def test_training_leaves_the_head_as_it_was(head: nn.Linear, adapter: LabelShiftAdapter) -> None:
    assert torch.equal(adapter.weight, head.weight)
    assert torch.equal(adapter.bias, head.bias)


@pytest.mark.parametrize("which", [0, 2], ids=["uniform", "inverse"])
def test_with_shares_known_it_comes_close_to_bayes(
    head: nn.Linear, adapter: LabelShiftAdapter, which: int
) -> None:
    target = settings(SOURCE)[which]
    features, labels = drawn(target, 4000, 7)
    with torch.no_grad():
        plain = head(features).softmax(dim=1)
        ours = adapter(features, target).softmax(dim=1)
    oracle = reweighted(plain, SOURCE, target)

    def loss(probabilities: Any) -> float:
        return float(functional.nll_loss(probabilities.log(), labels))

    assert loss(plain) > loss(oracle) + 0.1
    assert loss(ours) < loss(oracle) + 0.1 * (loss(plain) - loss(oracle))
    right = (ours.argmax(dim=1) == labels).float().mean()
    assert float(right) > float((oracle.argmax(dim=1) == labels).float().mean()) - 0.01


def test_unknown_shares_are_followed(head: nn.Linear, adapter: LabelShiftAdapter) -> None:
    target = settings(SOURCE)[2]
    features, labels = drawn(target, 3000, 9)
    found, shares = adapter.follow(features.split(100), SOURCE)
    assert float((shares - target).abs().sum()) < 0.5 * float((SOURCE - target).abs().sum())
    assert float(shares.sum()) == pytest.approx(1.0, abs=1e-4)
    late = labels[1500:]
    adapted = (torch.cat(found)[1500:].argmax(dim=1) == late).float().mean()
    with torch.no_grad():
        plain = (head(features[1500:]).argmax(dim=1) == late).float().mean()
    assert float(adapted) > float(plain) + 0.05


def test_a_class_without_a_row_is_refused() -> None:
    with pytest.raises(UserError, match="every class from 0 to 2"):
        shares_of(torch.tensor([0, 0, 1]), 3)
    with pytest.raises(UserError, match="every class from 0 to 1"):
        shares_of(torch.tensor([0, 1, 2]), 2)
