"""Data of this home: episodes of its runs and answers with its pamphlets, end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.data.encoding import InformedExample
from adaptation.data.traces import ActionForm
from adaptation.recipe import Distil, make_recipe
from app.house import House
from app.tune.gathering import gathered, traces_of
from atlas.students.actions import SUBMIT_TOOL, ActionMode, Unreadable, read_action
from benchmarks.sql.environment import SqlEnvironment
from core.adapters import SftExample
from core.chat import ChatReply
from core.settings import Settings
from tests.adaptation.made_model import save_tiny_model
from tests.app.conftest import Taught
from tests.test_gold import MARK, SUBMITTED, run_planted


def examples_of_run(folder: Path, run: str, form: ActionForm) -> tuple[SftExample, ...]:
    with House(Settings(home=folder), reading=True) as house:
        return traces_of(house.store, run, 0.7, form).examples


@pytest.mark.parametrize("form", ActionForm)
def test_what_is_learned_is_read_as_the_very_action_that_was_approved(
    taught: Taught, form: ActionForm
) -> None:
    run = taught.runs[0]
    examples = examples_of_run(taught.terminal.home, run, form)
    assert examples
    tools = (*SqlEnvironment.tools, SUBMIT_TOOL)
    with House(Settings(home=taught.terminal.home), reading=True) as house:
        for example in examples:
            read = read_action(ChatReply(text=example.messages[-1].content), ActionMode(form.value), tools)
            assert not isinstance(read, Unreadable)
            keys = {task.task_id: task.key for task in house.store.tasks(run)}
            history = house.store.history(run, keys[str(example.about["task"])])
            assert history is not None
            action = history.attempts[-1].steps[int(example.about["step"])].action
            assert (read.tool, read.text) == (action.tool, action.text.rstrip(";").strip())
            assert example.messages[0].role == "system"
            assert "You have 25 actions in all" in example.messages[0].content


async def test_planted_gold_is_in_no_example(tmp_path: Path) -> None:
    """The Student submits what is partly right; of the gold answer and its steps nothing may be learned."""
    from atlas.config import FeedbackSource

    planted = await run_planted(tmp_path, FeedbackSource.SCORE)
    with House(Settings(home=planted.home), reading=True) as house:
        found = traces_of(house.store, planted.report.run_id, 0.0, ActionForm.TEXT)
        scores = [task.score for task in house.store.tasks(planted.report.run_id)]
    assert all(scores), "the run was scored with gold"
    text = "".join(each.model_dump_json() for each in found.examples)
    assert MARK not in text
    reasons = " ".join(each.reason for each in found.left_out)
    assert MARK not in reasons
    assert SUBMITTED in text or found.left_out


def test_a_run_trains_an_adapter_with_whole_incidents_held_out(taught: Taught, tmp_path: Path) -> None:
    model = save_tiny_model(tmp_path / "tiny")
    # The preset would stop early, which needs something held out; with nothing held out it does not.
    words = ("tune", "train", "traces", "--base", model, "--run", taught.runs[0], "--steps", "2")
    preset = taught.terminal.ok(*words, "--held-out", "0", "--out", tmp_path / "preset", "--json").document
    assert isinstance(preset["manifest"], dict)
    assert preset["manifest"]["stopped_by"] == "steps"
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"base: tiny\ntraining: {{steps: 2}}\n"
        f"data: {{runs: [{taught.runs[0]}], held_out: 0, max_tokens: 400}}\n"
    )
    document = taught.terminal.ok("tune", "train", recipe, "--out", tmp_path / "out", "--json").document
    assert isinstance(manifest := document["manifest"], dict)
    assert manifest["data"]["train_groups"] == ["group=incident_1"]
    assert manifest["data"]["cut"] > 0


def test_one_incident_cannot_be_held_out_whole(taught: Taught, tmp_path: Path) -> None:
    model = save_tiny_model(tmp_path / "tiny")
    said = taught.terminal.run(
        *("tune", "train", "traces", "--base", model, "--run", taught.runs[0], "--out", tmp_path / "out")
    )
    assert said.status == 2
    assert "all examples are of one group (group=incident_1)" in said.err


def test_the_base_answers_with_a_pamphlet_and_learns_to_without(
    taught: Taught, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(taught.terminal.home))
    questions = tmp_path / "questions.jsonl"
    rows = [{"question": f"Which host was first in case {n}?", "about": {"group": str(n)}} for n in range(3)]
    questions.write_text("".join(json.dumps(each) + "\n" for each in rows))
    with House(Settings(home=taught.terminal.home), reading=True) as house:
        scope = next(item.scope for item in house.shelf().items() if item.audience.value == "student")
    recipe = make_recipe(
        {
            "base": str(save_tiny_model(tmp_path / "tiny", spread=0.2)),
            "data": {"scopes": [scope], "questions": str(questions), "answer_tokens": 6, "distil": "soft"},
        }
    )
    examples, base = gathered(recipe)
    assert base is not None
    assert examples
    for each in examples:
        assert isinstance(each, InformedExample)
        assert "<advice>" in each.informed[0].content
        assert each.informed[0].content.startswith(each.prompt[0].content)
        assert "<advice>" not in each.prompt[0].content
    wanted = recipe.data.model_copy(update={"distil": Distil.HARD})
    hard, _ = gathered(recipe.model_copy(update={"data": wanted}))
    assert hard
    assert [type(each) for each in hard] == [SftExample] * len(examples)
