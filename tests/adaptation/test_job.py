"""A whole training: what it leaves, that it learns, and that it can be killed anywhere."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.checkpoints import Progress  # noqa: E402
from adaptation.data.encoding import AnyExample, InformedExample  # noqa: E402
from adaptation.job import run_job  # noqa: E402
from adaptation.manifest import Manifest, file_sha256, read_manifest, with_metrics  # noqa: E402
from adaptation.objectives import distillation_loss  # noqa: E402
from adaptation.recipe import Recipe, make_recipe  # noqa: E402
from adaptation.serving.opening import open_adapter  # noqa: E402
from adaptation.training import causal_loss  # noqa: E402
from core.adapters import SftExample, write_examples  # noqa: E402
from core.errors import ProviderError, UserError  # noqa: E402
from tests.adaptation.made_model import COLOURS, save_tiny_model, sft_examples, turns  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
FILES = ["adapter.json", "adapter.safetensors", "manifest.json", "recipe.json"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("base") / "lively", spread=0.2)


def recipe(model: Path, **parts: Any) -> Recipe:
    """Six steps with a share of a quarter held out, unless parts say otherwise."""
    raw: dict[str, Any] = {
        "base": str(model),
        "data": {"held_out": 0.25, **parts.pop("data", {})},
        "training": {"steps": 6, "learning_rate": 0.01, **parts.pop("training", {})},
        "limits": {"measure_every": 2, **parts.pop("limits", {})},
        **parts,
    }
    return make_recipe(raw)


def test_a_job_leaves_a_whole_adapter_and_says_how_it_came_to_be(model: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    digest = write_examples(data, sft_examples())
    told: list[Progress] = []
    wanted = recipe(model, data={"files": [str(data)]}, creativity_levers=("tuned model",))
    manifest = run_job(wanted, tmp_path / "out", told=told.append)

    assert [each.step for each in told] == [1, 2, 3, 4, 5, 6]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    assert not (tmp_path / "out.part").exists()
    assert read_manifest(tmp_path / "out") == manifest
    weights = tmp_path / "out" / "adapter.safetensors"
    assert manifest.weights_sha256 == file_sha256(weights)
    card = tmp_path / "out" / "adapter.json"
    assert manifest.bytes_on_disk == weights.stat().st_size + card.stat().st_size
    assert manifest.trainable_parameters == 8 * 2 * (2 * (32 + 32) + 2 * (32 + 16) + 3 * (32 + 48))
    assert (manifest.errors.identity, manifest.errors.export) == (0.0, 0.0)
    assert manifest.errors.merge is not None
    assert manifest.errors.merge <= 1e-5
    assert manifest.versions["torch"] == torch.__version__
    assert manifest.creativity_levers == ("tuned model",)
    assert (manifest.data.train_rows, manifest.data.held_out_rows) == (6, 2)
    # Held-out examples come last in the digest; the file has them where they were.
    assert len(digest) == len(manifest.data.sha256) == 64
    assert [step for step, _ in manifest.loss.curve] == [0, 2, 4, 6]
    assert manifest.loss.train_last < manifest.loss.train_first


def test_the_base_digest_is_that_of_its_files(model: Path, tmp_path: Path) -> None:
    manifest = run_job(recipe(model), tmp_path / "out", examples=sft_examples())
    lines = "".join(
        f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n" for path in sorted(model.iterdir())
    )
    assert manifest.base.sha256 == hashlib.sha256(lines.encode()).hexdigest()
    other = save_tiny_model(tmp_path / "other", seed=1)
    with pytest.raises(UserError, match="not the model that out was trained on"):
        open_adapter(tmp_path / "out", base=other)
    assert open_adapter(tmp_path / "out").manifest == manifest


def test_continual_metrics_are_added_later(model: Path, tmp_path: Path) -> None:
    run_job(recipe(model), tmp_path / "out", examples=sft_examples())
    with_metrics(tmp_path / "out", {"bwt": -0.1})
    assert with_metrics(tmp_path / "out", {"fwt": 0.2}).cl_metrics == {"bwt": -0.1, "fwt": 0.2}
    assert read_manifest(tmp_path / "out").cl_metrics == {"bwt": -0.1, "fwt": 0.2}


def wrong_held_out() -> tuple[SftExample, ...]:
    """Held out are questions like those that are learned, with the opposite of their answer."""
    return tuple(
        SftExample(messages=turns(f"Box {n}, case {n}: colour?", "zzzzzzzz"), about={"group": f"other {n}"})
        for n in range(2)
    )


def test_an_early_stop_keeps_the_best_weights(model: Path, tmp_path: Path) -> None:
    held_out = tmp_path / "held_out.jsonl"
    write_examples(held_out, wrong_held_out())
    wanted = recipe(
        model,
        data={"held_out_files": [str(held_out)], "overlap": 1.0},
        training={"steps": 60, "learning_rate": 0.05},
        limits={"measure_every": 1, "patience": 3},
    )
    manifest = run_job(wanted, tmp_path / "out", examples=sft_examples())
    losses = dict(manifest.loss.curve)
    assert manifest.stopped_by == "early stop"
    assert manifest.steps == manifest.kept_step + 3 < 60
    assert losses[manifest.kept_step] == min(losses.values()) == manifest.loss.held_out_after
    assert losses[manifest.steps] > losses[manifest.kept_step]

    shorter = wanted.model_copy(
        update={
            "training": wanted.training.model_copy(update={"steps": max(1, manifest.kept_step)}),
            "limits": wanted.limits.model_copy(update={"patience": 0}),
        }
    )
    again = run_job(shorter, tmp_path / "again", examples=sft_examples())
    if manifest.kept_step:
        assert again.weights_sha256 == manifest.weights_sha256


@pytest.mark.parametrize("name", ["stn", "corda", "lora"])
def test_a_method_that_validates_does_so_on_groups_that_it_is_not_trained_on(
    name: str, model: Path, tmp_path: Path
) -> None:
    """The released rule for its settings is a validation loss; on rows that are learned it would be none."""
    learned: list[tuple[int, ...]] = []
    measured: list[tuple[int, ...]] = []

    def watched(method: Any, model: Any, batch: Any) -> Any:
        heard = learned if model.training else measured
        heard.extend(tuple(ids[ids > 0].tolist()) for ids in batch["input_ids"].cpu())  # without padding
        return causal_loss(method, model, batch)

    wanted = recipe(model, method=name, data={"held_out": 0.0}, calibration_batches=2)
    data = run_job(wanted, tmp_path / "out", examples=sft_examples(), loss=watched).data
    assert data.train_rows == 8
    if name != "stn":
        assert data.validation_rows == 0
        return
    assert data.validation_rows >= 2
    assert learned
    assert measured
    assert not set(learned) & set(measured)


def test_a_method_that_validates_needs_rows_for_both(model: Path, tmp_path: Path) -> None:
    wanted = recipe(model, method="stn", data={"held_out": 0.0}, calibration_batches=8)
    one = [example.model_copy(update={"about": {"group": "one"}}) for example in sft_examples()]
    with pytest.raises(UserError, match="keeps 8 rows to validate on and none is left to train on"):
        run_job(wanted, tmp_path / "out", examples=one)


def test_time_is_a_budget_too(model: Path, tmp_path: Path) -> None:
    wanted = recipe(model, training={"steps": 1000, "seconds": 1e-6}, limits={"measure_every": 500})
    manifest = run_job(wanted, tmp_path / "out", examples=sft_examples())
    assert (manifest.steps, manifest.stopped_by) == (1, "seconds")
    assert manifest.loss.held_out_after is not None


class Cut(Exception):
    """Stands for whatever ends a process."""


def cut_at(step: int) -> Any:
    def told(progress: Progress) -> None:
        if progress.step == step:
            raise Cut

    return told


@pytest.mark.parametrize(("method", "cut"), [("lora", 5), ("increlora", 6), ("one-bit", 4), ("r-amt", 7)])
def test_a_job_that_was_cut_off_goes_on_and_ends_the_same_to_the_byte(
    model: Path, tmp_path: Path, method: str, cut: int
) -> None:
    config = {"lora": {"dropout": 0.3}, "increlora": {"every": 2, "layers_per_round": 3}}.get(method, {})
    wanted = recipe(
        model,
        method=method,
        config=config,
        training={"steps": 9, "schedule": "linear"},
        limits={"checkpoint_every": 2, "patience": 9},
    )
    run_job(wanted, tmp_path / "whole", examples=sft_examples())
    with pytest.raises(Cut):
        run_job(wanted, tmp_path / "cut", examples=sft_examples(), told=cut_at(cut))
    assert not (tmp_path / "cut").exists()
    steps: list[int] = []
    run_job(wanted, tmp_path / "cut", examples=sft_examples(), told=lambda each: steps.append(each.step))
    assert steps[0] == cut - cut % 2 + 1, "it went on from the checkpoint"
    assert_the_same(tmp_path / "whole", tmp_path / "cut")


def assert_the_same(one: Path, other: Path) -> None:
    """Byte by byte, but for how long it took."""
    for name in ("adapter.json", "adapter.safetensors", "recipe.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    first, second = (read_manifest(each).model_dump() | {"seconds": 0} for each in (one, other))
    assert first == second


@pytest.mark.timeout(240)
def test_a_killed_process_leaves_nothing_half_written_and_is_taken_up(model: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    write_examples(data, sft_examples())
    words = ["--base", str(model), "--data", str(data), "--held-out", "0.25", "--steps", "80"]
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}  # noqa: TID251
    process = subprocess.Popen(
        [sys.executable, "-m", "app.main", "tune", "train", *words, "--out", str(tmp_path / "out")],
        cwd=tmp_path,
        env={**own, "ATLAS_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "step 40 of 80" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "out.part" / "checkpoint.pt").exists()

    wanted = make_recipe(
        {
            "base": str(model),
            "data": {"files": [str(data)], "held_out": 0.25},
            "training": {"steps": 80},
        }
    )
    steps: list[int] = []
    run_job(wanted, tmp_path / "out", told=lambda each: steps.append(each.step))
    assert steps[0] in (21, 41, 61)
    run_job(wanted, tmp_path / "whole")
    assert_the_same(tmp_path / "whole", tmp_path / "out")


def test_what_goes_on_there_must_be_this_training(model: Path, tmp_path: Path) -> None:
    with pytest.raises(Cut):
        run_job(recipe(model), tmp_path / "out", examples=sft_examples(), told=cut_at(1))
    for other, examples in (
        (recipe(model, training={"seed": 1}), sft_examples()),
        (recipe(model), sft_examples(5)),
    ):
        with pytest.raises(UserError, match="holds a training of another recipe, data or model"):
            run_job(other, tmp_path / "out", examples=examples)
    (tmp_path / "out.part" / "recipe.json").unlink()
    assert run_job(recipe(model), tmp_path / "out", examples=sft_examples()).steps == 6
    with pytest.raises(UserError, match="is there already"):
        run_job(recipe(model), tmp_path / "out", examples=sft_examples())


def test_a_damaged_checkpoint_is_told(model: Path, tmp_path: Path) -> None:
    limits = {"checkpoint_every": 1}
    with pytest.raises(Cut):
        run_job(recipe(model, limits=limits), tmp_path / "out", examples=sft_examples(), told=cut_at(2))
    (tmp_path / "out.part" / "checkpoint.pt").write_bytes(b"PK\x03\x04 not all of it")
    with pytest.raises(UserError, match="is no checkpoint: delete its folder"):
        run_job(recipe(model, limits=limits), tmp_path / "out", examples=sft_examples())


def test_leaks_stop_a_job_before_a_model_is_read(tmp_path: Path) -> None:
    test_set = tmp_path / "test.jsonl"
    write_examples(test_set, sft_examples(1))
    wanted = recipe(tmp_path / "no model", data={"keep_out": [str(test_set)], "held_out": 0.0})
    with pytest.raises(UserError, match=r"leak into .*test.jsonl: its example 1 is of a group"):
        run_job(wanted, tmp_path / "out", examples=sft_examples(3))
    assert not list(tmp_path.glob("out*"))


def test_a_method_with_tasks_learns_by_the_key_that_names_them(model: Path, tmp_path: Path) -> None:
    examples = tuple(
        each.model_copy(update={"about": {**each.about, "role": "student" if n % 2 else "critic"}})
        for n, each in enumerate(sft_examples())
    )
    with pytest.raises(UserError, match=r"set data.task_by"):
        run_job(recipe(model, method="mtlora", config={"tasks": 2}), tmp_path / "out", examples=examples)
    wanted = recipe(model, method="mtlora", config={"tasks": 2}, data={"task_by": "role"})
    manifest = run_job(wanted, tmp_path / "out", examples=examples)
    assert manifest.data.tasks == ("critic", "student")
    assert manifest.errors.merge is not None
    assert manifest.errors.merge <= 1e-5
    with pytest.raises(UserError, match="has one delta a task: name one of critic, student"):
        open_adapter(tmp_path / "out")
    assert open_adapter(tmp_path / "out", task="student").method.choice.task == 1


def informed_examples() -> tuple[AnyExample, ...]:
    return tuple(
        InformedExample(
            prompt=turns(f"Box {n}: colour?"),
            informed=turns(f"Box {n}: colour?\n\nIt is {COLOURS[n]}."),
            answer=turns("?", COLOURS[n])[1],
            about={"group": str(n)},
        )
        for n in range(4)
    )


def test_context_distillation_comes_nearer_to_the_informed_model(lively: Path, tmp_path: Path) -> None:
    training = {"steps": 30, "learning_rate": 0.005}
    manifest = run_job(recipe(lively, training=training), tmp_path / "out", examples=informed_examples())
    assert manifest.data.kind == "distil"
    assert manifest.loss.train_last < 0.5 * manifest.loss.train_first


def test_the_distance_is_nothing_where_both_read_the_same(lively: Path, tmp_path: Path) -> None:
    """KL in the right places: with one prompt for both, teacher and untrained student agree to rounding."""
    from adaptation.data.batches import collate
    from adaptation.data.encoding import encode

    run_job(
        recipe(lively, training={"steps": 1, "learning_rate": 1e-9}),
        tmp_path / "out",
        examples=sft_examples(),
    )
    opened = open_adapter(tmp_path / "out")
    same = [each.model_copy(update={"informed": each.prompt}) for each in informed_examples()]
    batch, other = (
        collate(encode(opened.base.tokenizer, each, 512).rows, 0) for each in (same, informed_examples())
    )
    assert abs(float(distillation_loss(opened.method, opened.base.model, batch).detach())) < 1e-5
    assert float(distillation_loss(opened.method, opened.base.model, other).detach()) > 0.01


def test_a_loss_that_is_no_number_leaves_no_adapter(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="diverged"):
        run_job(
            recipe(model, training={"learning_rate": 1e30, "clip_norm": 0}),
            tmp_path / "out",
            examples=sft_examples(),
        )
    assert not (tmp_path / "out").exists()


def test_a_manifest_is_read_strictly(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no finished adapter: it has no manifest.json"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": 1}')
    with pytest.raises(UserError, match="name: Field required"):
        read_manifest(tmp_path)
    assert Manifest.model_config["extra"] == "forbid"
