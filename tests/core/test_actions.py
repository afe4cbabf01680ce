from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actions import SQL_TOOL, parse_text_action
from core.episode import SUBMIT

CASES = [
    ("Thought: x\nAction: execute[SELECT 1]", (SQL_TOOL, "SELECT 1"), (SQL_TOOL, "SELECT 1")),
    ("execute[SELECT 1;]", (SQL_TOOL, "SELECT 1"), (SQL_TOOL, "SELECT 1")),
    ("submit[it is 1; or 2]", (SUBMIT, "it is 1"), (SUBMIT, "it is 1; or 2")),
    (
        "execute[SELECT `a` FROM `Usage`]",
        (SQL_TOOL, "SELECT a FROM Usage"),
        (SQL_TOOL, "SELECT `a` FROM `Usage`"),
    ),
    ("execute[```sql\nSELECT `a`\n```]", (SQL_TOOL, "sql\nSELECT a"), (SQL_TOOL, "SELECT `a`")),
    ("submit[`host-a`]", (SUBMIT, "host-a"), (SUBMIT, "host-a")),
    ("execute[SELECT ';']", (SQL_TOOL, "SELECT '"), (SQL_TOOL, "SELECT ';'")),
    (
        "execute[SELECT 1]\nAction: execute[SELECT 2]",
        (SQL_TOOL, "SELECT 1]\nAction: execute[SELECT 2"),
        (SQL_TOOL, "SELECT 1"),
    ),
    ("execute[SELECT 1]\nsubmit[x]", (SUBMIT, "x"), (SQL_TOOL, "SELECT 1")),
    (
        "execute[SELECT a->'$[0]' FROM t]",
        (SQL_TOOL, "SELECT a->'$[0]' FROM t"),
        (SQL_TOOL, "SELECT a->'$[0]' FROM t"),
    ),
    ("execute[SELECT ']' FROM t]", (SQL_TOOL, "SELECT ']' FROM t"), (SQL_TOOL, "SELECT ']' FROM t")),
    ("submit[Ada's host]", (SUBMIT, "Ada's host"), (SUBMIT, "Ada's host")),
    ("submit['quoted' host]", (SUBMIT, "'quoted' host"), (SUBMIT, "'quoted' host")),
    ("execute[SELECT 1", (SQL_TOOL, "execute[SELECT 1"), (SQL_TOOL, "SELECT 1")),
    ("SELECT 1", (SQL_TOOL, "SELECT 1"), None),
    ("I am not sure", (SQL_TOOL, "I am not sure"), None),
    ("Execute [SELECT 1]", (SQL_TOOL, "Execute [SELECT 1]"), (SQL_TOOL, "SELECT 1")),
    ("submit[]", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("text", "strict", "fixed"), CASES)
def test_both_forms_read_a_reply_by_their_own_rules(
    text: str, strict: tuple[str, str] | None, fixed: tuple[str, str] | None
) -> None:
    for form, wanted in (("strict", strict), ("fixed", fixed)):
        action = parse_text_action(text, "strict" if form == "strict" else "fixed")
        assert (None if action is None else (action.tool, action.text)) == wanted, form


def test_the_fixed_form_keeps_the_thought() -> None:
    action = parse_text_action("Thought: look at hosts\n**Action:** execute[SHOW TABLES]")
    assert action is not None
    assert action.thought == "look at hosts"


@given(body=st.text(alphabet="abc XYZ_=%,.()0123", min_size=1, max_size=40).filter(lambda s: s.strip()))
def test_a_plain_body_survives_either_form(body: str) -> None:
    for form in ("strict", "fixed"):
        action = parse_text_action(f"Action: submit[{body}]", "strict" if form == "strict" else "fixed")
        assert action is not None
        assert (action.tool, action.text) == (SUBMIT, body.strip())


@given(text=st.text(max_size=80))
def test_no_reply_breaks_the_parsers(text: str) -> None:
    for reply in (text, f"execute[{text}", f"submit[{text}]"):
        for form in ("strict", "fixed"):
            action = parse_text_action(reply, "strict" if form == "strict" else "fixed")
            assert action is None or action.text.strip()
