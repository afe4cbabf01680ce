"""Secrets as canaries: one of every form for every place, and models that say them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.chat import ChatReply, ChatRequest, ToolCall
from core.errors import AtlasError, ProviderError
from memory.items import Kind

Form = Callable[[str], tuple[str, str]]
"""From a string drawn by lot, the secret's text and what of it must be found nowhere."""

FORMS: Mapping[str, Form] = {
    "provider key": lambda lot: (f"sk-proj-{lot[:24]}", lot[:24]),
    "cloud key": lambda lot: (f"AKIA{lot[:16].upper()}", lot[:16].upper()),
    "code host token": lambda lot: (f"ghp_{lot[:36]}", lot[:36]),
    "chat token": lambda lot: (f"xoxb-1234-{lot[:24]}", lot[:24]),
    "signed token": lambda lot: (f"eyJhbGciOiJIUzI1NiJ9.{lot[:20]}.{lot[20:40]}", lot[20:40]),
    "private key": lambda lot: (
        f"-----BEGIN RSA PRIVATE KEY----- {lot[:40]} -----END RSA PRIVATE KEY-----",
        lot[:40],
    ),
    "connection string": lambda lot: (f"postgres://reader:Pw{lot[:10]}@db/logs", f"Pw{lot[:10]}"),
    "password field": lambda lot: (f'"password": "Pw{lot[:10]}"', f"Pw{lot[:10]}"),
    "assignment": lambda lot: (f"DB_PASSWORD=Pw{lot[:10]}", f"Pw{lot[:10]}"),
    "password in prose": lambda lot: (f"The password of the account is Pw{lot[:10]}!7", f"Pw{lot[:10]}"),
    "bearer token": lambda lot: (f"Authorization: Bearer {lot[:32]}", lot[:32]),
    "drawn by lot": lambda lot: (f"the word {lot[:40]}", lot[:40]),
}
BY_LOT = "drawn by lot"

PLACES = (
    "configuration of a run",
    "prompt of a task",
    "rows of a log",
    "thought of the student",
    "statement of the student",
    "answer",
    "reasons of a review",
    "notes of the teacher",
    "rationale of the judge",
    "error of a provider",
    "error of an attempt",
    "error of a task",
    "draft",
    "note of evidence",
    "reason of an edit",
    "reason of a snapshot",
    "item of a person",
    "query of a recall",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One secret of one form, planted in one place. `needle` is what must not be found."""

    place: str
    form: str
    text: str
    needle: str

    def sung_in(self, content: bytes) -> bool:
        """Whether the secret, or either half of a long one, stands there."""
        half = len(self.needle) // 2
        parts = (self.needle[:half], self.needle[half:]) if half >= 10 else (self.needle,)
        return any(part.encode() in content for part in parts)


def _canary(place: str, form: str) -> Canary:
    digest = hashlib.sha256(f"{place}/{form}".encode()).digest() + hashlib.sha256(form.encode()).digest()
    # Letters and digits in turn: like a key, and never like a word or a hexadecimal number.
    lot = "".join(f"{'ghkmpqrstvwxzGHKMPQRSTVWXZ'[byte % 26]}{byte % 10}" for byte in digest)
    text, needle = FORMS[form](lot)
    return Canary(place=place, form=form, text=text, needle=needle)


CANARIES = tuple(_canary(place, form) for place in PLACES for form in FORMS)


def planted(place: str) -> str:
    """A text that carries a secret of every form."""
    return " ; ".join(each.text for each in CANARIES if each.place == place)


def planted_apart(place: str) -> list[str]:
    return [each.text for each in CANARIES if each.place == place]


class Script:
    """What the models say; every reply carries the canaries of its place."""

    def __init__(self) -> None:
        self._judged = 0

    def student(self, request: ChatRequest) -> ChatReply | AtlasError:
        asked = sum(message.role == "tool" for message in request.messages)
        name, argument = (
            ("sql", "SELECT ip FROM alerts"),
            ("sql", f"SELECT '{planted('statement of the student')}'"),
            ("submit", f"203.0.113.9 {planted('answer')}"),
        )[min(asked, 2)]
        argued = json.dumps({"answer" if name == "submit" else "text": argument})
        call = ToolCall(id=f"c{asked}", name=name, arguments=argued)
        return ChatReply(text=f"I think of {planted('thought of the student')}.", tool_calls=(call,))

    def teacher(self, request: ChatRequest) -> str | AtlasError:
        match request.schema_name:
            case "review":
                reasons, notes = planted("reasons of a review"), planted("notes of the teacher")
                return json.dumps({"valid": False, "reasons": [reasons], "guidance": [notes]})
            case "judgement":
                self._judged += 1
                if self._judged == 1:
                    return ProviderError(f"401 from the endpoint: {planted('error of a provider')}")
                weighed = [{"name": "evidence", "weight": 1.0}]
                rationale = planted("rationale of the judge")
                told = {"principles": weighed, "rationale": rationale, "score": 1.0, "uncertainty": 0.0}
                return json.dumps(told)
            case _:
                return json.dumps({"items": drafted()})


FIELDS = ("content", "cue", "boundary", "expected_effect", "template")


def drafted() -> list[dict[str, str]]:
    """Items of a distiller: each field of one bears a few secrets, so that every form is among them."""
    blank = {"kind": "tool_plan", "tool": "sql", **dict.fromkeys(FIELDS, "")}
    texts = planted_apart("draft")
    items = []
    for number, field in enumerate(FIELDS):
        told = " and ".join(texts[number :: len(FIELDS)])
        item = {**blank, "content": "Read the table of alerts before you count.", "template": "SELECT ip"}
        items.append({**item, "kind": list(Kind)[number].value, field: f"Use {told} there."})
    return items
