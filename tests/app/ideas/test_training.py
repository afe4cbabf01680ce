from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from core.adapters import PreferenceExample, ScriptedAdapters, SftExample
from tests.app.ideas.conftest import Finished
from tests.app.terminal import Terminal
from tests.ideation.things import TOPIC

BACKEND = "backend_of_this_test"
NO_ADAPTER = "there is no adapter 'ours'; there are: none"
NO_BASE = "no base model at" if find_spec("torch") else "adapter tuning needs"


def export(finished: Finished, form: str, *more: str | Path) -> tuple[list[str], str]:
    words = ("ideas", "export", finished.folder, "--corpus", finished.papers, "--format", form)
    said = finished.desk.ok(*words, *more)
    return said.out.splitlines(), said.err


def test_5_1_a_run_becomes_supervised_pairs_by_tier_and_day(finished: Finished) -> None:
    lines, _ = export(finished, "sft")
    ideas = finished.document["ideas"]
    assert isinstance(ideas, list)
    examples = [SftExample.model_validate_json(line) for line in lines]
    assert [each.about["idea"] for each in examples] == [idea["id"] for idea in ideas]
    for example, idea in zip(examples, ideas, strict=True):
        assert example.messages[0].role == "user"
        assert TOPIC in example.messages[0].content
        assert idea["mechanism"] in json.loads(example.messages[-1].content)["ideas"][0]["mechanism"]
    first = len([idea for idea in ideas if idea["tier"] == 1])
    assert len(export(finished, "sft", "--tier", "1")[0]) == first
    said = finished.desk.run(
        "ideas",
        "export",
        finished.folder,
        "--corpus",
        finished.papers,
        "--format",
        "sft",
        "--until",
        "2020-01-01",
    )
    assert said.status == 2
    assert "after 2020-01-01" in said.err
    assert "no example is left of 8 ideas" in said.err


@pytest.mark.parametrize("form", ["tournament-pairs", "divpo-pairs", "crpo-pairs"])
def test_5_2_a_run_becomes_preference_pairs(finished: Finished, form: str) -> None:
    pairs = [PreferenceExample.model_validate_json(line) for line in export(finished, form)[0]]
    assert pairs
    for pair in pairs:
        assert pair.about["by"] == form.removesuffix("-pairs")
        assert pair.chosen != pair.rejected


def test_5_8_the_guard_stands_where_training_data_are_written(finished: Finished) -> None:
    """A topic that is kept for evaluation, and papers of which nobody knows that they are early enough."""
    topics = finished.desk.folder / "kept.txt"
    topics.write_text(f"something else\n{TOPIC.upper()}\n")
    words = ("ideas", "export", finished.folder, "--corpus", finished.papers, "--format", "sft")
    for more, told in (
        (("--keep-out", topics), "its topic is kept for evaluation"),
        (("--before", "2020"), "is not known to be from before the cutoff"),
    ):
        said = finished.desk.run(*words, *more)
        assert told in said.err
        kept = [SftExample.model_validate_json(line) for line in said.out.splitlines()]
        assert all("[p" not in each.messages[0].content for each in kept), "no undated paper is shown"
        assert said.status == (0 if kept else 2)


def test_5_8_what_is_no_topic_file_day_or_axis_is_told_in_a_line(finished: Finished) -> None:
    words = ("ideas", "export", finished.folder, "--corpus", finished.papers, "--format")
    for more, told in (
        (("sft", "--keep-out", "nowhere.txt"), "the topics nowhere.txt cannot be read"),
        (("sft", "--since", "soon"), "--since: 'soon' is no day"),
        (("tournament-pairs", "--axis", "luck"), "no axis 'luck'"),
        (("luck",), "no format 'luck'"),
    ):
        said = finished.desk.run(*words, *more)
        assert said.status == 2
        assert said.err.strip().splitlines()[-1].endswith(told) or told in said.err.strip().splitlines()[-1]


@pytest.fixture
def adapters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedAdapters:
    """A tuning backend that is installed as any other would be: by an entry point."""
    held = ScriptedAdapters()
    module = ModuleType(BACKEND)
    module.make = lambda settings: held  # type: ignore[attr-defined]
    info = tmp_path / "site" / "backend_of_this_test-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: backend-of-this-test\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[atlas.adapter_backends]\nscripted = {BACKEND}:make\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setitem(sys.modules, BACKEND, module)
    return held


def test_a_run_trains_an_adapter_and_a_later_run_writes_with_it(
    finished: Finished, desk: Terminal, papers: Path, adapters: ScriptedAdapters
) -> None:
    words = (
        "ideas",
        "train",
        finished.folder,
        "--corpus",
        finished.papers,
        "--name",
        "ours",
        "--base",
        "tiny",
    )
    said = finished.desk.ok(*words, "--json").document
    assert said["adapter"] == "ours"
    assert adapters.names() == ("ours",)
    (request,) = adapters.requests
    assert request.data.read_text().count("\n") == 8

    run = ("ideas", "run", TOPIC, "--corpus", papers, "--n", "3", "--comparisons", "6", "--json")
    made = desk.ok(*run, "--families", "adapters", "--adapter", "ours").document
    person = f"ours@{adapters.load('ours').digest[:12]}"
    ideas = made["ideas"]
    assert isinstance(ideas, list)
    assert any(idea["person"]["adapter"] == person for idea in ideas)
    assert made["settings"]["adapter"] == person  # type: ignore[index]
    whole = desk.ok(*run, "--model", "adapter:ours", "--judge", "offline").document
    assert whole["model"] == "adapter:ours"
    assert whole["ideas"]
    stages = {stage["stage"]: stage for stage in whole["stages"]}  # type: ignore[attr-defined]
    assert stages["write"]["calls"] > 0


def test_without_an_adapter_of_the_name_or_its_base_one_line_says_so(
    finished: Finished, desk: Terminal, papers: Path
) -> None:
    for words, told in (
        (("run", TOPIC, "--corpus", papers, "--model", "adapter:ours"), NO_ADAPTER),
        (("run", TOPIC, "--corpus", papers, "--adapter", "ours"), NO_ADAPTER),
        (("train", finished.folder, "--corpus", papers, "--name", "a", "--base", "b"), NO_BASE),
        (("train", finished.folder, "--name", "../a", "--base", "b"), "is no SPEC"),
    ):
        said = desk.run("ideas", *words)
        assert said.status == 2, words
        assert told in said.err
        assert len(said.err.strip().splitlines()) == 1


def test_an_unknown_adapter_is_told(desk: Terminal, papers: Path, adapters: ScriptedAdapters) -> None:
    said = desk.run("ideas", "run", TOPIC, "--corpus", papers, "--adapter", "ours")
    assert said.status == 2
    assert "there is no adapter 'ours'" in said.err
