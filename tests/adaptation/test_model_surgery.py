"""One adapter a task: the pull to the earlier ones, what is kept, and which one is chosen."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.artifact import load, save  # noqa: E402
from adaptation.bank import AdapterBank, aligned_router, gaussian_of, retrieve  # noqa: E402
from adaptation.training import TrainingConfig, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, logits, rows, tiny  # noqa: E402

SITE = "model.layers.1.self_attn.q_proj"


def learned(steps: int = 4, tasks: int = 2, **config: Any) -> tuple[Any, Any]:
    model, method = attached("model-surgery", **config)
    for task in range(tasks):
        if task:
            method.next_task()
        train(model, method, shuffled(rows(task + 1), 8), TrainingConfig(steps=steps, learning_rate=3e-3))
    return model, method


def test_the_pull_is_an_exponential_mean_towards_the_mean_of_earlier_tasks() -> None:
    _, method = learned(tasks=3, pull=0.3)
    layer = method.layers[SITE]
    start = layer.a.detach().clone()
    mean = layer.past_a.mean(dim=0)
    assert layer.past_a.shape == (2, 3, 64)
    for _ in range(7):
        layer.draw_near()
    assert torch.allclose(layer.a.detach(), mean + 0.7**7 * (start - mean), atol=1e-6)


def test_without_a_pull_a_task_is_trained_as_if_alone() -> None:
    _, pulled = learned(pull=0.3)
    _, free = learned(pull=0.0)
    _, again = learned(pull=0.0, tasks=3)
    assert torch.equal(free.layers[SITE].a, again.layers[SITE].past_a[1])
    assert not torch.equal(free.layers[SITE].a, pulled.layers[SITE].a)
    past = free.layers[SITE].past_b[0]
    near = [(each.layers[SITE].b.detach() - past).norm() for each in (pulled, free)]
    assert float(near[0]) < float(near[1])


def test_a_new_task_starts_from_the_base_and_leaves_the_others(tmp_path: Any) -> None:
    model, method = learned()
    batch = rows()
    said = []
    for task in range(2):
        method.select(task)
        said.append(logits(model, batch))
    method.next_task()
    assert method.tasks == 3
    assert torch.equal(logits(model, batch), logits(tiny(), batch))
    train(model, method, shuffled(rows(3), 8), TrainingConfig(steps=3))
    for task in range(2):
        method.select(task)
        assert torch.equal(logits(model, batch), said[task])
    stored = sum(each.numel() for each in method.state().values())
    assert stored == 3 * method.count()
    save(method, tmp_path)
    other = tiny()
    again: Any = load(other, tmp_path)
    again.select(1)
    assert torch.equal(logits(other, batch), said[1])
    with pytest.raises(UserError, match="there is no task 3: the adapter has 3"):
        again.select(3)


@given(st.lists(st.integers(0, 5), min_size=7, max_size=7), st.integers(1, 6))
def test_retrieval_always_ends(moves: list[int], rounds: int) -> None:
    asked: list[int | None] = []

    def predict(task: int | None) -> int:
        asked.append(task)
        return moves[6 if task is None else task]

    found = retrieve(predict, rounds)
    assert len(asked) <= rounds + 1
    assert found.rounds <= rounds
    assert asked[0] is None
    if found.settled:
        assert moves[found.task] == found.task


def test_a_circle_ends_after_four_rounds() -> None:
    around = itertools.cycle([0, 1])
    found = retrieve(lambda task: next(around))
    assert (found.rounds, found.settled) == (4, False)


def test_the_router_is_put_right_from_gaussians_alone() -> None:
    draw = torch.Generator().manual_seed(2)
    clouds = [torch.randn(40, 6, generator=draw) * 0.5 + centre for centre in (-1.0, 0.0, 1.0)]
    router = aligned_router([gaussian_of(each) for each in clouds])
    for task, cloud in enumerate(clouds):
        assert float((router(cloud).argmax(dim=1) == task).float().mean()) > 0.9
    with pytest.raises(UserError, match="at least two rows"):
        gaussian_of(clouds[0][:1])


def domain(start: int, seed: int, count: int = 24) -> dict[str, Any]:
    """Rows of a third of the vocabulary: which task they are of can be seen."""
    draw = torch.Generator().manual_seed(seed)
    ids = torch.randint(start, start + 40, (count, 12), generator=draw)
    return {"input_ids": ids, "labels": ids}


def test_the_bank_finds_the_adapter_of_unseen_rows_and_mixes_it_with_the_base() -> None:
    model, method = attached("model-surgery")
    bank = AdapterBank(model, method)
    with pytest.raises(UserError, match="learned no task"):
        bank.retrieve(domain(0, 1))
    starts = (0, 44, 88)
    for task, start in enumerate(starts):
        if task:
            method.next_task()
        own = domain(start, task)
        train(model, method, shuffled(own, 8), TrainingConfig(steps=12, learning_rate=1e-2))
        bank.learned(own)
    for task, start in enumerate(starts):
        found = bank.retrieve(domain(start, 50 + task, 4))
        assert (found.task, found.settled) == (task, True)
        assert all(layer.chosen == task for layer in method.layers.values())
    seen = domain(0, 60, 2)
    mixed = bank.mixed(seen, 1)
    assert torch.allclose(mixed.sum(dim=-1), torch.ones(2, 12), atol=1e-5)
    assert torch.allclose(bank.mixed(seen, 1, 0.0), logits(tiny(), seen).softmax(dim=-1), atol=1e-6)
