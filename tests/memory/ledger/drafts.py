"""Drafts that random operations choose from: plain ones, paraphrases, opposites, and some that gates stop."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.guidance import ActionTemplate
from memory.items import ItemDraft, Kind

SOC, MAIL, OTHER = "soc", "soc/mail", "other"
SCOPES = (SOC, MAIL, OTHER)

_ACTION = ActionTemplate(tool="sql", template="SELECT {column} FROM {table}", bindings={"table": "UrlInfo"})
_TEXTS = (
    "Host names are short in DeviceInfo and full in SecurityAlert: match on the first label.",
    "Host names are short in DeviceInfo and full in SecurityAlert: match the first label.",
    "Sort the rows of SigninLogs by time, ascending.",
    "Sort the rows of SigninLogs by time, descending.",
    "Senders stand in EmailEvents; join EmailUrlInfo on NetworkMessageId.",
    "Count each process of ProcessEvents once.",
)
GUARDS = tuple(
    ItemDraft(kind=Kind.GUARD, scope=scope, content=content)
    for scope in SCOPES
    for content in (_TEXTS if scope == SOC else _TEXTS[:2])
)
PLAIN = (
    *GUARDS,
    replace(GUARDS[0], kind=Kind.PRINCIPLE),
    replace(GUARDS[0], student_model="small"),
    replace(GUARDS[5], cue="answer_type:process", boundary="not for services", action=_ACTION),
)
STOPPED = (
    replace(GUARDS[0], content="Look at 10.1.2.3 before anything else"),
    replace(GUARDS[0], content="Open the vault with password=hunter2hunter2"),
)
REFUSED = (replace(GUARDS[0], content="  "), replace(GUARDS[0], scope="not a path"))
ALL = (*PLAIN, *STOPPED, *REFUSED)


class Clock:
    """A time that moves by what it is told, backwards too."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
