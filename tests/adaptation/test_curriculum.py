"""From easy to hard, views of rows by two masks, and the control from scratch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.curriculum import (  # noqa: E402
    Curriculum,
    CurriculumConfig,
    View,
    from_scratch,
    row_losses,
    standard,
    views,
)
from adaptation.training import TrainingConfig, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, logits, rows, tiny  # noqa: E402

COUNT = 40


def numbered(count: int = COUNT) -> dict[str, torch.Tensor]:
    return {"input_ids": torch.arange(count)[:, None]}


def places(curriculum: Curriculum, step: int) -> list[int]:
    return curriculum(step)["input_ids"].flatten().tolist()


@given(st.integers(1, 12), st.floats(0.05, 1.0), st.integers(1, 50), st.integers(0, 80))
def test_only_the_easiest_are_open_and_ever_more_of_them(
    size: int, share: float, full: int, step: int
) -> None:
    config = CurriculumConfig(size=size, start_share=share, full_step=full, static_share=1.0)
    curriculum = Curriculum(numbered(), torch.arange(COUNT).flip(0).float(), config)
    can = curriculum.open(step).tolist()
    assert can == list(range(COUNT - 1, COUNT - 1 - len(can), -1)), "the last rows are the easiest"
    assert len(can) >= min(COUNT, max(size, round(share * COUNT)))
    assert len(curriculum.open(step + 1)) >= len(can)
    assert len(curriculum.open(full)) == COUNT
    drawn = places(curriculum, step)
    assert set(drawn) <= set(can)
    assert len(drawn) == len(set(drawn)) == min(size, COUNT)
    assert drawn == places(curriculum, step)


def test_the_static_part_is_fixed_and_the_adaptive_part_moves() -> None:
    static = torch.arange(COUNT).float()
    fixed = Curriculum(numbered(), static, CurriculumConfig(static_share=1.0))
    moving = Curriculum(numbered(), static, CurriculumConfig(static_share=0.0, decay=0.5))
    now = static.flip(0) * 3
    for each in (fixed, moving):
        assert each.open(0).tolist() == list(range(10))
        each.update(now)
    assert fixed.open(0).tolist() == list(range(10))
    assert torch.equal(moving.running, (static + now) / 2)
    assert moving.open(0).tolist() == list(range(39, 29, -1)), "what got easy comes first"
    half = Curriculum(numbered(), static, CurriculumConfig(static_share=0.5, decay=0.0))
    half.update(now)
    assert torch.allclose(half.difficulty(), torch.zeros(COUNT), atol=1e-6)


def test_training_by_it_takes_losses_anew_and_learns() -> None:
    model, method = attached("lora")
    data = rows()
    static = row_losses(model, data)
    curriculum = Curriculum(data, static, CurriculumConfig(size=4, full_step=10, refresh=5, decay=0.0))
    config = TrainingConfig(steps=20, learning_rate=3e-3)
    train(model, method, curriculum, config, watcher=curriculum.watcher())
    assert torch.equal(curriculum.running, row_losses(model, data))
    assert float(curriculum.running.mean()) < float(static.mean()) * 0.98


def test_row_losses_are_those_of_the_model_row_by_row() -> None:
    model, data = tiny(), rows()
    data["labels"] = data["labels"].clone()
    data["labels"][0, :6] = -100
    data["labels"][1] = -100
    found = row_losses(model, data, size=3)
    assert float(found[1]) == 0.0
    for row in (0, 2, 7):
        with torch.no_grad():
            alone = model(**{name: each[row : row + 1] for name, each in data.items()}).loss
        assert float(found[row]) == pytest.approx(float(alone), rel=1e-5)


def test_every_view_learns_what_it_says_and_shows_nothing_hidden() -> None:
    ids = torch.arange(10, 22).view(2, 6)
    segments = torch.tensor([[0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 1, -1]])
    wanted = [
        View(shown=(0, 1), learned=(2,)),
        View(shown=(0,), learned=(1,)),
        View(shown=(), learned=(1, 2)),
    ]
    found = views(ids, segments, wanted, fill=0)
    assert found["labels"].shape == (5, 6), "the second row has no segment 2 alone"
    assert (found["labels"] != -100).sum(dim=1).tolist() == [2, 2, 4, 4, 4]
    assert found["input_ids"].tolist() == [
        [10, 11, 12, 13, 14, 15],
        [10, 11, 12, 13, 0, 0],
        [0, 0, 12, 13, 14, 15],
        [16, 17, 18, 19, 20, 0],
        [0, 17, 18, 19, 20, 0],
    ]
    assert torch.equal(found["attention_mask"], (found["input_ids"] != 0).long())
    model = tiny()
    other = ids.clone()
    other[0, :2] = 99
    again = views(other, segments, wanted, fill=0)
    assert torch.equal(
        logits(model, {k: v[2:3] for k, v in found.items()}),
        logits(model, {k: v[2:3] for k, v in again.items()}),
    )
    with pytest.raises(UserError, match="no view learns anything"):
        views(ids, segments, [View(shown=(0,), learned=(7,))], fill=0)


def test_the_control_from_scratch_has_the_same_form_and_nothing_of_the_base() -> None:
    base, method = attached("width-rule")
    train(base, method, shuffled(rows(), 8), TrainingConfig(steps=25, learning_rate=3e-3))
    control = from_scratch(base, seed=3)
    shapes = {name: each.shape for name, each in base.named_parameters()}
    assert {name: each.shape for name, each in control.named_parameters()} == shapes
    assert not torch.equal(control.lm_head.weight, base.lm_head.weight)
    assert torch.equal(control.lm_head.weight, from_scratch(base, seed=3).lm_head.weight)
    before = float(row_losses(base, rows()).mean())
    control, own = attached("width-rule", control)
    losses = train(control, own, shuffled(rows(), 8), TrainingConfig(steps=10, learning_rate=3e-3)).losses
    assert losses[-1] < losses[0]
    assert losses[-1] > before, "the base had learned these rows, the control starts from nothing"


def test_difficulties_must_be_one_number_a_row() -> None:
    for static in (torch.ones(3), torch.full((COUNT,), float("nan"))):
        with pytest.raises(UserError, match="one difficulty, a number, for each row"):
            Curriculum(numbered(), static, CurriculumConfig())
    assert torch.equal(standard(torch.ones(4)), torch.zeros(4))
