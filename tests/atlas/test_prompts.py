"""Prompts: every variable has its field, every file its class, and lists stay lists."""

from __future__ import annotations

from dataclasses import fields
from importlib.resources import files

import pytest

from atlas.prompts import PROMPTS, DistilPrompt, StudentPrompt
from atlas.students.actions import SUBMIT_TOOL, ActionMode
from core.guidance import ActionTemplate, GuidanceItem
from core.prompts import Prompt, template_variables
from tests.atlas.parts import SQL_TOOL


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda p: p.__name__)
def test_variables_are_the_fields(prompt: type[Prompt]) -> None:
    assert template_variables(prompt) == {field.name for field in fields(prompt)}


def test_every_file_has_one_class() -> None:
    names = [
        entry.name for entry in files("atlas").joinpath("prompts").iterdir() if entry.name.endswith(".md")
    ]
    assert sorted(names) == sorted(prompt.template for prompt in PROMPTS)


@pytest.mark.parametrize("mode", ActionMode)
def test_the_student_is_told_its_tools_and_its_form(mode: ActionMode) -> None:
    text = StudentPrompt(mode=mode.value, tools=(SQL_TOOL, SUBMIT_TOOL), max_steps=7).render()
    assert "\n- sql: Run one SQL statement.\n- submit: " in text
    assert "7 actions" in text
    assert ("execute[" in text) == (mode is ActionMode.TEXT)
    assert ('"thought"' in text) == (mode is ActionMode.SCHEMA)


def test_items_shown_stand_on_lines_of_their_own() -> None:
    action = ActionTemplate(tool="sql", template="SELECT {x}")
    shown = tuple(
        GuidanceItem(id=str(i), version=1, kind="guard", content=f"C{i}.", action=action if i else None)
        for i in range(2)
    )
    text = DistilPrompt(
        task="T",
        transcripts=("a",),
        fence="f",
        reward=0.5,
        verdict="rejected",
        reasons=(),
        shown=shown,
        tools=("sql",),
        most_items=6,
    ).render()
    assert "\n- kind guard: C0.\n- kind guard: C1. (tool sql, template SELECT {x})\n\nKinds" in text
