"""Facts in one matrix: what is learned of each edit, when it ends, and breadth first against depth first."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.editing import (  # noqa: E402
    Edit,
    breadth_first,
    depth_first,
    edit_rows,
    score_edits,
    write_edits,
)
from adaptation.training import TrainingConfig, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, sharp  # noqa: E402

END = 0


def edits(count: int) -> list[Edit]:
    """A prompt of five tokens, the last two telling; rephrased by other first tokens."""
    draw = torch.Generator().manual_seed(4)

    def tokens(many: int) -> tuple[int, ...]:
        return tuple(torch.randint(1, 128, (many,), generator=draw).tolist())

    made = []
    for _ in range(count):
        subject = tokens(2)
        made.append(
            Edit(
                prompt=tokens(3) + subject,
                target=tokens(1),
                rephrased=(tokens(3) + subject,),
                elsewhere=(tokens(5),),
            )
        )
    return made


def test_the_end_is_learned_with_the_target_and_padding_is_not() -> None:
    rows = edit_rows([Edit(prompt=(5, 6), target=(7,)), Edit(prompt=(8,), target=(9, 10, 11))], END)
    assert rows["input_ids"].tolist() == [[5, 6, 7, END, END], [8, 9, 10, 11, END]]
    assert rows["labels"].tolist() == [[-100, -100, 7, END, -100], [-100, 9, 10, 11, END]]
    assert rows["attention_mask"].tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    for wrong in ([], [Edit(prompt=(), target=(1,))]):
        with pytest.raises(UserError, match="at least one edit, each with a prompt"):
            edit_rows(wrong, END)


def test_the_two_orders() -> None:
    rows = {"input_ids": torch.arange(6)[:, None]}
    deep = [depth_first(rows, 2, 3)(step)["input_ids"].flatten().tolist() for step in range(9)]
    assert deep == [[0, 1]] * 3 + [[2, 3]] * 3 + [[4, 5]] * 3
    wide = [breadth_first(rows, 2)(step)["input_ids"].flatten().tolist() for step in range(3)]
    assert sorted(each for batch in wide for each in batch) == [0, 1, 2, 3, 4, 5]


def test_only_one_tensor_is_changed_and_two_thirds_down_is_the_default() -> None:
    model, method = attached("locft")
    write_edits(model, method, edits(4), end=END, size=4, epochs=3)
    assert [name for name, _ in method.delta()] == ["model.layers.1.mlp.down_proj.weight"]
    assert method.count() == 64 * 96
    _, other = attached("locft", block=0)
    assert list(other.layers) == ["model.layers.0.mlp.down_proj"]
    with pytest.raises(UserError, match="has 2 layers named so: lower `block`"):
        attached("locft", block=2)


def test_it_ends_when_all_is_learned_and_passes_over_what_is() -> None:
    model, method = attached("locft", sharp())
    some = edits(6)
    result = write_edits(model, method, some, end=END, size=3, epochs=100, learning_rate=5e-3)
    assert len(result.losses) < 200
    assert len(result.losses) % 2 == 0, "after a whole epoch"
    assert sum(result.losses[-2:]) / 2 < 1e-2 <= sum(result.losses[-4:-2]) / 2
    assert score_edits(model, method, some, end=END).reliability == 1.0


def test_batches_that_are_learned_are_passed_over() -> None:
    for enough, moves in ((100.0, False), (0.0, True)):
        model, method = attached("locft", enough=enough)
        result = write_edits(model, method, edits(6), end=END, size=3, epochs=2)
        assert len(result.losses) == 4
        assert any(bool(delta.any()) for _, delta in method.delta()) == moves


def test_scores_are_shares_and_nothing_is_edited_at_first() -> None:
    model, method = attached("locft")
    found = score_edits(model, method, edits(8), end=END)
    assert (found.reliability, found.generality, found.locality) == (0.0, 0.0, 1.0)
    assert score_edits(model, method, [Edit(prompt=(1,), target=(2,))], end=END).generality is None


def test_breadth_first_holds_more_edits_than_depth_first() -> None:
    """Sixty edits, as many steps for both: what is learned last in depth writes over what came first."""
    some, size, epochs = edits(60), 20, 25
    rows = edit_rows(some, END)
    reliability: dict[str, float] = {}
    orders: dict[str, Any] = {
        "breadth": breadth_first(rows, size),
        "depth": depth_first(rows, size, epochs),
    }
    for name, batches in orders.items():
        model, method = attached("locft", sharp(), enough=0.0)
        config = TrainingConfig(steps=3 * epochs, learning_rate=1e-2)
        train(model, method, batches, config)
        found = score_edits(model, method, some, end=END)
        assert found.reliability is not None
        reliability[name] = found.reliability
    assert reliability["breadth"] > reliability["depth"] + 0.2
    assert reliability["breadth"] > 0.9
