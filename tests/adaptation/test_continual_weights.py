"""Adapters over a stream of tasks that get in each other's way, by the same protocol as a memory."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.continual import Stream, stream  # noqa: E402
from adaptation.continual_weights import (  # noqa: E402
    EwcLearner,
    OgdLearner,
    ReplayLearner,
    RowsTask,
    SequentialLearner,
    gold_margins,
    token_accuracy,
)
from adaptation.training import TrainingConfig  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, tiny  # noqa: E402

CONFIG = TrainingConfig(steps=40, learning_rate=1e-2)


def tasks() -> list[RowsTask]:
    """The same prompts with other answers in each: what comes later writes over what came before."""
    draw = torch.Generator().manual_seed(5)
    prompts = torch.randint(3, 128, (16, 4), generator=draw)
    made = []
    for n in range(3):
        marked = prompts.clone()
        marked[:, 0] = n  # by this token alone the tasks can be told apart
        answers = torch.randint(3, 128, (16, 1), generator=draw)
        ids = torch.cat([marked, answers], dim=1)
        labels = ids.clone()
        labels[:, :4] = -100
        rows = {"input_ids": ids, "labels": labels}
        made.append(RowsTask(name=f"task {n}", train=rows, test=rows))
    return made


def run(kind: Any, **options: Any) -> Stream:
    model, method = attached("lora", sharp(), rank=8)
    return stream(kind(model, method, CONFIG, size=8, **options), tasks())


def sharp() -> Any:
    model = tiny()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            factor = {"proj.weight": 6, "tokens.weight": 50, "head.weight": 20}
            parameter.mul_(next((by for end, by in factor.items() if name.endswith(end)), 1))
    return model


@pytest.fixture(scope="module")
def sequential() -> Stream:
    return run(SequentialLearner)


def test_in_sequence_tasks_are_learned_and_forgotten(sequential: Stream) -> None:
    assert min(sequential.scores[n][n] for n in range(3)) > 0.8
    assert sequential.forgetting is not None
    assert sequential.forgetting > 0.3
    assert sequential.backward_transfer == pytest.approx(-sequential.forgetting, abs=0.2)


@pytest.mark.parametrize(
    ("kind", "options"),
    [(ReplayLearner, {}), (EwcLearner, {"strength": 1000.0}), (OgdLearner, {})],
    ids=["replay", "ewc", "ogd"],
)
def test_each_way_forgets_less_than_in_sequence(sequential: Stream, kind: Any, options: Any) -> None:
    found = run(kind, **options)
    assert found.forgetting is not None
    assert sequential.forgetting is not None
    import sys

    sys.__stdout__.write(
        f"{kind.__name__} {found.scores} {found.forgetting} {found.average} | {sequential.scores} {sequential.average}\n"
    )
    assert found.forgetting < sequential.forgetting - 0.1
    assert found.scores[0][0] > 0.8
