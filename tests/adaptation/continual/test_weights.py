"""Adapters over a stream of tasks that get in each other's way, by the same protocol as a memory."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.continual.stream import Stream, stream  # noqa: E402
from adaptation.continual.weights import (  # noqa: E402
    EwcLearner,
    GemLearner,
    ReplayLearner,
    RowsTask,
    SequentialLearner,
    token_accuracy,
    turned,
)
from adaptation.training import TrainingConfig  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, sharp, tiny  # noqa: E402

CONFIG = TrainingConfig(steps=30, learning_rate=1e-2)


def tasks(count: int = 3) -> list[RowsTask]:
    """Eight prompts each with an answer of one token, to be learned by heart."""
    draw = torch.Generator().manual_seed(5)
    made = []
    for n in range(count):
        ids = torch.randint(3, 128, (8, 5), generator=draw)
        labels = ids.clone()
        labels[:, :4] = -100
        rows = {"input_ids": ids, "labels": labels}
        made.append(RowsTask(name=f"task {n}", train=rows, test=(rows,)))
    return made


def learner(kind: Any, config: TrainingConfig = CONFIG, **options: Any) -> Any:
    model, method = attached("lora", sharp(), rank=8)
    return kind(model, method, config, **options)


@pytest.fixture(scope="module")
def sequential() -> Stream:
    return stream(learner(SequentialLearner), tasks())


def test_in_sequence_tasks_are_learned_and_forgotten(sequential: Stream) -> None:
    assert min(sequential.scores[n][n] for n in range(3)) > 0.9
    assert max(sequential.before) < 0.2
    assert sequential.forgetting is not None
    assert sequential.forgetting > 0.5


@pytest.mark.parametrize("kind", [ReplayLearner, EwcLearner, GemLearner])
def test_each_way_forgets_less(sequential: Stream, kind: Any) -> None:
    found = stream(learner(kind), tasks())
    assert found.forgetting is not None
    assert sequential.forgetting is not None
    assert found.forgetting < sequential.forgetting - 0.3
    assert found.average > sequential.average + 0.2


def test_ewc_without_strength_is_learning_in_sequence(sequential: Stream) -> None:
    assert stream(learner(EwcLearner, strength=0.0), tasks()) == sequential


def test_gem_s_step_is_the_nearest_that_raises_no_earlier_loss() -> None:
    draw = torch.Generator().manual_seed(1)
    for _ in range(20):
        change, gradients = torch.randn(6, generator=draw), torch.randn(3, 6, generator=draw)
        found = turned(change, gradients)
        assert float((gradients @ found).max()) < 1e-4
        others = [found + 0.1 * torch.randn(6, generator=draw) for _ in range(200)]
        allowed = [each for each in others if float((gradients @ each).max()) <= 0]
        assert all(float((each - change).norm()) > float((found - change).norm()) - 1e-5 for each in allowed)
    kind = -torch.eye(6)[:2]
    assert torch.equal(turned(torch.ones(6), kind), torch.ones(6)), "a step that helps is left as it is"
    assert turned(torch.ones(6), -kind).tolist() == [0, 0, 1, 1, 1, 1]


def test_the_base_is_never_touched() -> None:
    found = learner(ReplayLearner)
    stream(found, tasks(2))
    found.method.detach(found.model)
    for name, parameter in sharp().named_parameters():
        assert torch.equal(parameter, found.model.get_parameter(name))


def test_replay_mixes_rows_of_earlier_tasks_into_each_batch() -> None:
    found = learner(ReplayLearner, kept=4, share=0.5)
    first, second = tasks(2)
    found.remember(first)
    batch = found.batches(second)(0)
    old = {tuple(row) for row in first.train["input_ids"].tolist()}
    assert sum(tuple(row) in old for row in batch["input_ids"].tolist()) == 4
    assert len(batch["labels"]) == 8


@pytest.mark.parametrize("kind", [EwcLearner, GemLearner])
@pytest.mark.parametrize("name", ["id3", "lisa"])
def test_what_changes_its_tensors_cannot_be_held_near_them(kind: Any, name: str) -> None:
    model, method = attached(name)
    with pytest.raises(UserError, match="learn in sequence or with replay"):
        kind(model, method, CONFIG)


def test_accuracy_counts_learned_tokens_only() -> None:
    model = tiny()
    ids = torch.randint(0, 128, (4, 6), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        said = model(input_ids=ids).logits.argmax(dim=-1)
    labels = torch.full_like(ids, -100)
    labels[:, 1:4] = said[:, 0:3]
    labels[0, 1] = (labels[0, 1] + 1) % 128
    assert token_accuracy(model, [{"input_ids": ids, "labels": labels}]) == pytest.approx(11 / 12)
    halves = [{"input_ids": ids[part], "labels": labels[part]} for part in (slice(1), slice(1, 4))]
    assert token_accuracy(model, halves) == pytest.approx(11 / 12)
