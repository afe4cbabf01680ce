from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UserError
from core.guidance import ActionTemplate
from memory.documents.parsing import MOST_FAULTS, parse
from memory.items import Kind, Status, Trust

TEXT = (Path(__file__).parent / "hand_edited.md").read_text(encoding="utf-8")
FIRST, SECOND = "it_00000000000000000001", "it_00000000000000000002"


def line_of(piece: str, text: str = TEXT) -> int:
    return text[: text.index(piece)].count("\n") + 1


def test_a_document_by_hand_is_read() -> None:
    plan, guard, stop = parse(TEXT)
    assert (plan.id, plan.version, plan.kind, plan.scope, plan.student_model) == (
        FIRST,
        3,
        Kind.TOOL_PLAN,
        "synthetic/soc",
        "",
    )
    assert plan.state.content == (
        "For the IP address of a sign-in, join AlertEvidence to SigninLogs on the account's e-mail. "
        "It stands in two paragraphs."
    )
    assert plan.state.expected_effect == "one address and the time at which it was seen for the first time"
    assert (plan.state.status, plan.state.trust, plan.state.pinned) == (Status.ACTIVE, Trust.PROVEN, False)
    assert plan.state.action == ActionTemplate(
        tool="sql",
        template="SELECT DISTINCT IPAddress FROM {table}\n\nWHERE UserPrincipalName = '{email}'",
        bindings={"table": "SigninLogs"},
    )
    assert (guard.student_model, guard.state.pinned, guard.state.action) == ("openai/gpt-5-mini", True, None)
    assert (stop.id, stop.version, stop.kind) == (None, 0, Kind.STOP_CONDITION)
    assert [item.line for item in (plan, guard, stop)] == [
        line_of(f"## {FIRST}"),
        line_of(f"## {SECOND}"),
        line_of("## new"),
    ]


SLIPS = [
    ("* status: Active\n", "", f"## {FIRST}", "no line `- status: ...`"),
    ("* trust: proven\n* pinned: no\n", "", f"## {FIRST}", "`- trust: ...` and no line `- pinned: ...`"),
    ("status: Active", "status: actve", "actve", "one of candidate, active, quarantined, retired"),
    ("* cue:", "* cues:", "* cues", "did you mean `cue`?"),
    ("* cue: answer_type:ip,", "* cue answer_type,", "* cue answer", "`- name: value`"),
    ("* boundary:\n", "* boundary:\n* boundary: x\n", "* boundary: x", "stands in line 16 already"),
    ("version: 3", "version: three", "version: three", "a number from 1"),
    ("version: 3", "version: 0", "version: 0", "a number from 1"),
    ("pinned: no", "pinned: maybe", "pinned: maybe", "yes or no"),
    (SECOND, FIRST, f"## {FIRST}\n\nHost", "stands in line 7 already"),
    (SECOND, "it_2", "## it_2", "`it_2` is no id"),
    (f"## {SECOND}", "## New item", "## New item", "`New item` is no id"),
    ("### Action", "## Action", "## Action", "is no heading here"),
    ("### Action\n", "", "- tool: sql", "a tool belongs to an action"),
    ("### Action\n\n- tool: sql\n", "", "```sql", "a fence belongs to an action"),
    ("- tool: sql\n", "", "### Action", "one line above its template"),
    ("```sql\n", "", "SELECT", "this line belongs to nothing"),
    ("'{email}'\n```", "'{email}'", "```sql", "not closed"),
    ("```sql", "``` escaped", "``` escaped", "one text in double quotes"),
    ("- table: SigninLogs", "- table: `SigninLogs", "- table: `", "begins with ` and does not end"),
    ("- table: SigninLogs", "- table: a\n- table: b", "- table: b", "stands here twice"),
    ("- table: SigninLogs", "- table SigninLogs", "- table Sign", "`- name: value`"),
    ("- table: SigninLogs", "and more", "and more", "belongs to nothing"),
    ("- table: SigninLogs", "```\nx\n```", "```\nx", "and no more"),
    ("- kind: guard", "- kind: diagnostic", "- kind: diagnostic", "is for the teacher: put it under"),
    ("- kind: guard", "- kind: gard", "- kind: gard", "`gard` is unknown"),
    ("Host names are short in DeviceInfo and full in SecurityAlert.", "", f"## {SECOND}", "no words"),
    ("Host names are", "- Host names are", "- Host names", "`- name: value`"),
    ("for the student", "for students", "# Pamphlet synthetic/soc, for students", "write this heading"),
    ("- kind: stop condition", "", "## new", "no line `- kind: ...`"),
    ("# Pamphlet synthetic/soc, for the student\n", "", f"## {FIRST}", "no line `# Pamphlet SCOPE"),
]


@pytest.mark.parametrize(("right", "wrong", "where", "told"), SLIPS)
def test_a_slip_gives_one_line_that_says_where(right: str, wrong: str, where: str, told: str) -> None:
    assert right in TEXT
    text = TEXT.replace(right, wrong, 1)
    with pytest.raises(UserError) as caught:
        parse(text)
    message = str(caught.value)
    assert told in message
    assert message.startswith(f"line {line_of(where, text)}: ")
    assert "\n" not in message


@pytest.mark.parametrize("slip", [slip for slip in SLIPS if "no line `# Pamphlet" not in slip[3]])
def test_a_slip_is_told_once(slip: tuple[str, str, str, str]) -> None:
    right, wrong, _, _ = slip
    with pytest.raises(UserError) as caught:
        parse(TEXT.replace(right, wrong, 1))
    assert str(caught.value).count("line ") - str(caught.value).count("no line ") <= 3
    assert "; line" not in str(caught.value)


def test_several_faults_are_told_at_once_and_not_more_than_ten() -> None:
    wrong = TEXT.replace("status: Active", "status: x").replace("status: candidate", "status: y")
    with pytest.raises(UserError, match=r"^line \d+: status `x` .*; line \d+: status `y` [^;]*$"):
        parse(wrong)
    many = "# Pamphlet a, for the student\n" + "## it_1\n" * (MOST_FAULTS + 3)
    with pytest.raises(UserError, match=r"^(line \d+: [^;]*; ){10}and 3 more$"):
        parse(many)


def test_another_text_is_no_document() -> None:
    with pytest.raises(UserError, match="no pamphlet in this text"):
        parse("# Shopping\n\n- milk: 1\n")
