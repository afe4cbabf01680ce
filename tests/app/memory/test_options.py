from __future__ import annotations

import pytest

from app.memory.options import action_of, actor_of, parse_word
from core.errors import UserError
from core.guidance import ActionTemplate
from memory.items import Audience, Status


def test_a_name_is_a_persons_unless_it_says_what_it_is() -> None:
    assert actor_of("alice") == "person:alice"
    assert actor_of(" rule:nightly ") == "rule:nightly"
    assert actor_of(None).startswith("person:")
    assert len(actor_of(None)) > len("person:")


@pytest.mark.parametrize("name", ["", "  ", "a\x1b[31mb", "x" * 300, "line\nbreak"])
def test_a_name_that_cannot_be_seen_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="--as takes a name"):
        actor_of(name)


def test_a_word_is_one_of_its_set() -> None:
    assert parse_word("status", "active", Status) is Status.ACTIVE
    assert parse_word("status", None, Status) is None
    with pytest.raises(UserError, match="no audience 'cats': choose student or teacher"):
        parse_word("audience", "cats", Audience)


def test_an_action_of_options() -> None:
    known = ActionTemplate(tool="sql", template="SELECT {column}", bindings={"column": "A"})
    assert action_of(None, None, None, known) is None
    assert action_of("sql", "SELECT {a}", ["a=b=c"]) == ActionTemplate(
        tool="sql", template="SELECT {a}", bindings={"a": "b=c"}
    )
    assert action_of(None, "SELECT {column} FROM t", None, known) == ActionTemplate(
        tool="sql", template="SELECT {column} FROM t", bindings={"column": "A"}
    )
    assert action_of(None, None, ["column=B"], known) == ActionTemplate(
        tool="sql", template="SELECT {column}", bindings={"column": "B"}
    )


@pytest.mark.parametrize(
    ("tool", "template", "bindings", "said"),
    [
        ("sql", None, None, "both --tool and --template"),
        (None, "SELECT 1", None, "both --tool and --template"),
        (None, None, ["a=b"], "both --tool and --template"),
        ("sql", "SELECT {a}", ["a"], "NAME=VALUE"),
        ("sql", "SELECT {a}", ["=b"], "NAME=VALUE"),
    ],
)
def test_half_an_action_is_refused(
    tool: str | None, template: str | None, bindings: list[str] | None, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        action_of(tool, template, bindings)
