"""What a clever server says: it reads the requests of Atlas and works the mock questions in every role."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.core.fake_openai import Received, Turn, answer, error

STUDENT, TEACHER, JUDGE, DISTILLER, PROBE = "student", "teacher", "judge", "distiller", "probe"
_BY_SCHEMA = {"review": TEACHER, "judgement": JUDGE, "items": DISTILLER, "action": STUDENT}
_HOST = re.compile(r"The host `([^`]+)`")

USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 40},
    "completion_tokens_details": {"reasoning_tokens": 5},
}

Trouble = Callable[[str, Received], Turn | None]
"""Given the role and the request, an answer other than the usual one, or None for the usual one."""


def role_of(received: Received) -> str:
    """Whose request it is, seen from what it asks for."""
    names = [tool["function"]["name"] for tool in received.body.get("tools", ())]
    wanted = received.body.get("response_format")
    if names == ["echo"] or (wanted and "echo" in json.dumps(wanted)):
        return PROBE
    return STUDENT if wanted is None else _BY_SCHEMA[wanted["json_schema"]["name"]]


def text_of(received: Received) -> str:
    return "\n".join(str(message["content"]) for message in received.body["messages"])


def host_of(received: Received) -> str | None:
    """The host that a mock question asks about, where the request quotes the question."""
    found = _HOST.search(text_of(received))
    return found.group(1) if found else None


@dataclass(kw_only=True)
class Investigator:
    """Looks a mock question's host up, submits the address that it saw, reviews, judges and distils.

    Other questions get one look at the tables and the answer "unknown". Without `speaks_tools` the server
    refuses tools, as those of small models do. `trouble` may answer in its place.
    """

    speaks_tools: bool = True
    submits: bool = True
    trouble: Trouble | None = None
    model: str = "fake-model"
    answered: Counter[str] = field(default_factory=Counter)

    def __call__(self, received: Received) -> Turn:
        role = role_of(received)
        turn = self.trouble(role, received) if self.trouble is not None else None
        if turn is None and received.body.get("tools") and not self.speaks_tools:
            turn = error(400, "tools are not supported here")
        if turn is not None:
            return turn
        self.answered[role] += 1
        return self._usual(role, received)

    def _usual(self, role: str, received: Received) -> Turn:
        if role == TEACHER:
            return self._object({"valid": True, "reasons": ["it was seen"], "guidance": []})
        if role == JUDGE:
            principles = [{"name": "support", "weight": 1.0}]
            said = {"principles": principles, "rationale": "it was seen", "score": 0.9, "uncertainty": 0.1}
            return self._object(said)
        if role == DISTILLER:
            return self._object({"items": [_ITEM]})
        return self._act(*_ECHO) if role == PROBE and self.speaks_tools else self._student(role, received)

    def _student(self, role: str, received: Received) -> Turn:
        if role == PROBE:
            return self._object({"thought": "test", "tool": "echo", "text": "ready"})
        host = host_of(received)
        look = f"SELECT address FROM Sightings WHERE host = '{host}'" if host else "SHOW TABLES"
        seen = _observed(received.body["messages"])
        if seen is None or not self.submits:
            return self._action("sql", "sql", look, received)
        return self._action("submit", "answer", _first_value(seen) if host else "unknown", received)

    def _action(self, tool: str, parameter: str, text: str, received: Received) -> Turn:
        if received.body.get("tools"):
            return self._act(tool, json.dumps({parameter: text}))
        return self._object({"thought": "as planned", "tool": tool, "text": text})

    def _act(self, name: str, arguments: str) -> Turn:
        return answer(
            None, tool_calls=[(name, arguments)], usage=USAGE, model=self.model, finish_reason="tool_calls"
        )

    def _object(self, value: dict[str, object]) -> Turn:
        return answer(json.dumps(value), usage=USAGE, model=self.model)


_ECHO = ("echo", '{"text": "ready"}')
_ITEM = {
    "kind": "action_schema",
    "content": "Look a host's address up in the table of sightings.",
    "cue": "an address is asked for",
    "boundary": "",
    "expected_effect": "the address in one query",
    "tool": "sql",
    "template": "SELECT address FROM Sightings WHERE host = '{host}'",
}


def _observed(messages: list[dict[str, Any]]) -> str | None:
    """The latest observation of the conversation; None at its start."""
    if len(messages) <= 2:
        return None
    said = [str(m["content"]) for m in messages[2:] if m["role"] in ("tool", "user")]
    return said[-1].removeprefix("Observation: ") if said else None


def _first_value(observation: str) -> str:
    rows = ast.literal_eval(observation)
    return str(rows[0][0])
