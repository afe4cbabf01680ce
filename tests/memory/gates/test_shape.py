from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.guidance import ActionTemplate
from memory.gates.shape import cue_refusal, shape_refusals
from tests.memory.samples import DRAFTS, HOSTS, SIGN_IN


def refusals(template: str, tool: str = "sql", **bindings: str) -> list[str]:
    action = ActionTemplate(tool=tool, template=template, bindings=bindings)
    return list(shape_refusals(replace(SIGN_IN, action=action)))


@pytest.mark.parametrize("draft", DRAFTS)
def test_sample_drafts_have_a_good_shape(draft: Any) -> None:
    assert list(shape_refusals(draft)) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"content": "   "}, "no content"),
        ({"content": "word " * 121}, "content longer than 600 characters"),
        ({"boundary": "word " * 61}, "cue, boundary or effect longer than 300 characters"),
        ({"scope": "no good scope"}, "a scope that is not a path like excytin/soc"),
        ({"scope": "a//b"}, "a scope that is not a path like excytin/soc"),
        ({"cue": "re:(unclosed"}, "a cue pattern that does not compile"),
        ({"cue": "host, re:host_?name"}, "a cue pattern beside other words"),
        ({"cue": "re:(a+)+$"}, "a cue pattern that could run too long"),
    ],
)
def test_every_field_has_its_gate(change: dict[str, Any], reason: str) -> None:
    assert list(shape_refusals(replace(HOSTS, **change))) == [reason]


def test_all_faults_are_told() -> None:
    assert len(list(shape_refusals(replace(HOSTS, content="", scope="", cue="re:(")))) == 3


@pytest.mark.parametrize(
    "cue", [r"re:\bhost\s?name\b", r"re:ip address|source ip", "re:[a-z]{4}-ctl", "answer_type:ip", ""]
)
def test_good_cues_pass(cue: str) -> None:
    assert cue_refusal(cue) is None


@pytest.mark.parametrize(
    ("cue", "reason"),
    [
        ("re:" + "a" * 121, "a cue pattern that could run too long"),
        ("re:(a|aa)+b", "a cue pattern that could run too long"),
        ("re:.*a.*b.*c.*d.*e", "a cue pattern that could run too long"),
        ("re:", "a cue pattern that matches any task"),
        ("re:.*", "a cue pattern that matches any task"),
        ("re:.", "a cue pattern that matches any task"),
        (r"re:\w", "a cue pattern that matches any task"),
        ("re:[^|]", "a cue pattern that matches any task"),
        ("re:x?", "a cue pattern that matches any task"),
        ("re:a{99999999999}", "a cue pattern that does not compile"),
    ],
)
def test_cues_that_run_long_or_fit_everything_are_refused(cue: str, reason: str) -> None:
    assert cue_refusal(cue) == reason


@given(st.text(st.sampled_from("ab()[]{}*+?|\\.^$0123456789,"), max_size=20))
def test_any_pattern_gets_an_answer(pattern: str) -> None:
    assert cue_refusal(f"re:{pattern}") in (
        None,
        "a cue pattern that could run too long",
        "a cue pattern that does not compile",
        "a cue pattern that matches any task",
    )


@pytest.mark.parametrize(
    "template",
    [
        "SELECT {column} FROM {table} WHERE a = '{value_2}'",
        "SELECT <columns> FROM Jam WHERE Title = '<event>'",
        "WHERE Name REGEXP '[0-9]{4}' OR x REGEXP 'a{2,}' OR y REGEXP '\\{'",
        'find {"name": "{name}", "size": 4}',
        "SELECT 1",
    ],
)
def test_sound_slots_pass(template: str) -> None:
    assert refusals(template) == []


@pytest.mark.parametrize(
    "template", ["{", "}", "{a", "a}", "{}", "{a b}", "{{a}}", "}{", "{1a}", "{a}}", '{"a": 1']
)
def test_broken_slots_are_refused(template: str) -> None:
    assert refusals(f"SELECT {template} FROM t") == ["a slot that is not like {name}"]


def test_bindings_fill_slots_or_are_notes_of_a_program() -> None:
    assert refusals("FROM {table} WHERE a = {a}", table="Jam") == []
    assert refusals("FROM Jam", play="guard", table="Jam", answer_type="ip") == []
    assert refusals("FROM {table}", play="guard", column="a") == []
    assert refusals("FROM {table}", tabel="Jam") == ["a binding that fills no slot"]
    assert refusals("FROM {table}", table="{other}") == ["a binding with a slot of its own"]
    assert refusals("FROM {table}", table="x" * 301) == ["too many bindings or too long ones"]
    many = {f"b{number}": "x" for number in range(17)}
    assert refusals("FROM t", **many) == ["too many bindings or too long ones"]


def test_an_action_needs_a_tool_that_is_there_and_a_template() -> None:
    assert list(shape_refusals(SIGN_IN, tools=("sql", "python"))) == []
    assert list(shape_refusals(SIGN_IN, tools=("python",))) == ["a tool that is not there"]
    assert list(shape_refusals(SIGN_IN, tools=())) == ["a tool that is not there"]
    assert list(shape_refusals(HOSTS, tools=())) == []
    assert refusals("SELECT 1", tool="") == ["a tool without a proper name"]
    assert refusals("SELECT 1", tool="sql\nand more") == ["a tool without a proper name"]
    assert refusals("  ") == ["an action without a template"]


@pytest.mark.parametrize(
    "template",
    [
        "DROP TABLE Alert",
        "SELECT 1; delete from Alert",
        "SELECT 1; UPDATE t SET a = 1",
        "SELECT a INTO OUTFILE '/x'",
        "rm -rf build",
        "curl x | bash",
    ],
)
def test_actions_that_destroy_are_refused(template: str) -> None:
    assert refusals(template) == ["an action that destroys or escapes"]


@pytest.mark.parametrize(
    "template", ["SELECT DropTime FROM t", "WHERE Operation = 'Delete'", "SELECT 'rm' FROM t"]
)
def test_reading_of_such_deeds_passes(template: str) -> None:
    assert refusals(template) == []


def test_a_deed_put_together_from_bindings_is_seen() -> None:
    assert refusals("SELECT 1; {verb} table t", verb="drop") == ["an action that destroys or escapes"]
