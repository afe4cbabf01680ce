"""Methods side by side on a tiny model: sizes by budget, trials that are never done twice, honest tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.comparison.comparing import TRIALS, Comparison, Results, compare  # noqa: E402
from adaptation.comparison.sizes import knob_of, sized  # noqa: E402
from adaptation.comparison.trial import Budget  # noqa: E402
from adaptation.layers.linear import linear_sites  # noqa: E402
from adaptation.method import LLAMA_LINEARS  # noqa: E402
from adaptation.recipe import make_recipe  # noqa: E402
from adaptation.registry import load_method, tuning_methods  # noqa: E402
from core.adapters import SftExample  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import attached, calibration, tiny  # noqa: E402
from tests.adaptation.made_model import save_tiny_model, turns  # noqa: E402

BUDGET = 9_000
COARSE = {
    "nola": 0.95,
    "tlora": 0.95,
    "clip-svd": 0.95,
    "bottleneck": 0.5,
    "mola": 0.3,
    "locft": 0.4,
    "r-amt": 5.0,
    "lisa": 10.0,
    "width-rule": 10.0,
}
"""How far off the budget a method may be where its knob has few values or none; others a fifth."""


@pytest.mark.parametrize("name", tuning_methods())
def test_a_method_comes_as_near_to_the_budget_as_its_knob_allows(name: str) -> None:
    model = tiny()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    fixed = {"tasks": 1} if load_method(name).capabilities.per_task else {}
    _, probe = attached(name)
    size = sized(name, model, BUDGET, calibration=calibration(probe), fixed=fixed)
    assert abs(size.deviation(BUDGET)) <= COARSE.get(name, 0.2)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert [type(each) for each in model.modules()] == [type(each) for each in tiny().modules()]
    if knob_of(load_method(name)) is not None:
        assert size.options


def test_lora_at_a_budget_has_the_rank_that_is_nearest() -> None:
    model = tiny()
    a_rank = sum(sum(base.weight.shape) for base in linear_sites(model, LLAMA_LINEARS).values())
    assert sized("lora", model, 5 * a_rank + a_rank // 3).options == {"rank": 5}
    assert sized("lora", model, 5 * a_rank + 2 * a_rank // 3).options == {"rank": 6}
    assert sized("lora", model, 1).options == {"rank": 1}
    found = sized("lora", model, 13 * a_rank)
    assert (found.options, found.parameters, found.deviation(13 * a_rank)) == ({"rank": 13}, 13 * a_rank, 0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("base") / "tiny")


def asked(model: Path, **options: Any) -> Comparison:
    recipe = make_recipe(
        {
            "base": str(model),
            "data": {"held_out": 0.25},
            "training": {"steps": 12},
            "batch_size": 4,
            "calibration_batches": 2,
            "device": "cpu",
        }
    )
    given: dict[str, Any] = {"recipe": recipe, "rates": (1e-3, 1e-2), "seeds": 2, **options}
    return Comparison(**given)


def examples() -> tuple[SftExample, ...]:
    """One answer in all groups, so that what is learned in some holds in the others."""
    return tuple(
        SftExample(
            messages=turns(f"Box {group}, case {case}: colour?", "green"), about={"group": f"box {group}"}
        )
        for group in range(4)
        for case in range(2)
    )


def run(model: Path, folder: Path, **options: Any) -> tuple[Results, list[str]]:
    told: list[str] = []
    return compare(asked(model, **options), folder, examples=examples(), told=told.append), told


def test_methods_are_trained_alike_and_measured(model: Path, tmp_path: Path) -> None:
    found, _ = run(model, tmp_path, methods=("lora", "lt-sft", "poly"), seconds=2.0)
    assert [(t.method, t.budget, t.seed) for t in found.trials] == [
        (name, budget, seed) for budget in Budget for name in ("lora", "lt-sft", "poly") for seed in (0, 1)
    ]
    for trial in found.trials:
        assert trial.fault == ""
        assert trial.before
        assert trial.after
        assert trial.after.loss < trial.before.loss
        assert 0 <= trial.after.accuracy <= 1
        assert trial.forgetting != 0
        assert trial.peak_bytes > 1e8
        assert trial.bytes_on_disk > 2 * trial.parameters
        assert abs(trial.parameters / found.parameters - 1) < 0.1
        if trial.budget is Budget.PARAMETERS:
            assert trial.steps == 12
        else:
            assert trial.plan_seconds + trial.train_seconds < 4.0
    by_seed = {t.after.loss for t in found.trials if t.method == "lora" and t.after}
    assert len(by_seed) == 4, "seeds and budgets make a difference"
    assert all(fit.learning_rate in (1e-3, 1e-2) for fit in found.fits)


def test_methods_with_a_delta_a_task_take_part_with_one_task(model: Path, tmp_path: Path) -> None:
    names = tuple(name for name in tuning_methods() if load_method(name).capabilities.per_task)
    assert len(names) >= 4
    found, _ = run(
        model, tmp_path, methods=names, budgets=(Budget.PARAMETERS,), parameters=3000, seeds=1, rates=(3e-3,)
    )
    assert [trial.fault for trial in found.trials] == [""] * len(names)


def test_what_is_done_is_not_done_again(model: Path, tmp_path: Path) -> None:
    first, told = run(model, tmp_path, methods=("lora",), budgets=(Budget.PARAMETERS,), seeds=2)
    assert len(told) == 3
    again, told = run(model, tmp_path, methods=("lora",), budgets=(Budget.PARAMETERS,), seeds=2)
    assert (again, told) == (first, [])
    whole = (tmp_path / TRIALS).read_text()
    (tmp_path / TRIALS).write_text(whole[:-40])
    mended, told = run(model, tmp_path, methods=("lora", "hut"), budgets=(Budget.PARAMETERS,), seeds=2)
    assert [line.split(":")[0] for line in told] == [
        "hut",
        "lora, equal parameters, seed 1",
        "hut, equal parameters, seed 0",
        "hut, equal parameters, seed 1",
    ]
    assert [t.after for t in mended.trials[:2]] == [t.after for t in first.trials]
    with pytest.raises(UserError, match="holds another comparison"):
        run(model, tmp_path, methods=("lora",), rates=(1e-4,))


def test_a_method_that_fails_is_told_and_the_others_go_on(model: Path, tmp_path: Path) -> None:
    found, told = run(
        model, tmp_path, methods=("corda", "lora"), budgets=(Budget.PARAMETERS,), parameters=60_000, seeds=1
    )
    corda, lora = found.trials
    assert "corda: rank" in corda.fault
    assert (corda.after, corda.parameters) == (None, 0)
    assert lora.after
    assert "more than the smallest layer has" in told[0]


def test_planning_that_takes_all_the_time_is_a_fault(model: Path, tmp_path: Path) -> None:
    found, _ = run(model, tmp_path, methods=("lt-sft",), budgets=(Budget.TIME,), seconds=1e-4, seeds=1)
    assert "planning alone took" in found.trials[0].fault


def test_wrong_use_says_what_to_do(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no adapter method nothing: choose from"):
        run(model, tmp_path, methods=("nothing",))
    recipe = asked(model).recipe
    held = recipe.model_copy(update={"data": recipe.data.model_copy(update={"held_out": 0.0})})
    with pytest.raises(UserError, match=r"set data\.held_out"):
        compare(Comparison(recipe=held), tmp_path, examples=examples())


def test_a_trial_is_one_line(model: Path, tmp_path: Path) -> None:
    run(model, tmp_path, methods=("lora",), budgets=(Budget.PARAMETERS,), seeds=1)
    (line,) = (tmp_path / TRIALS).read_text().splitlines()
    assert json.loads(line)["method"] == "lora"
