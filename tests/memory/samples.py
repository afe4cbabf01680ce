"""Lessons of our own making, and short ways to say queries and evidence."""

from __future__ import annotations

from core.guidance import ActionTemplate
from memory.items import Audience, Evidence, ItemDraft, Kind, RecallQuery

SCOPE = "synthetic/soc"

SIGN_IN = ItemDraft(
    kind=Kind.TOOL_PLAN,
    scope=SCOPE,
    content="For the IP address of a sign-in, join AlertEvidence to SigninLogs on the account's e-mail.",
    cue="answer_type:ip, sign-in address",
    action=ActionTemplate(
        tool="sql",
        template="SELECT DISTINCT IPAddress FROM {table} WHERE UserPrincipalName = '{email}'",
        bindings={"table": "SigninLogs"},
    ),
)
HOSTS = ItemDraft(
    kind=Kind.GUARD,
    scope=SCOPE,
    content="Host names are short in DeviceInfo and full in SecurityAlert: match on the first label.",
    cue="answer_type:host",
)
MAIL = ItemDraft(
    kind=Kind.ACTION_SCHEMA,
    scope=SCOPE,
    content="Senders stand in EmailEvents, the links of a mail in EmailUrlInfo; join on NetworkMessageId.",
)
STOP = ItemDraft(
    kind=Kind.STOP_CONDITION,
    scope=SCOPE,
    content="Accept an answer only when one observation shows the value beside the entity of the question.",
)
DRAFTS = (SIGN_IN, HOSTS, MAIL, STOP)


def task(number: int, *, run: str = "run", reward: float | None = 1.0) -> Evidence:
    return Evidence(run_id=run, task_id=f"task-{number}", group=f"incident-{number % 3}", reward=reward)


def ask(
    text: str, *cues: str, scope: str = SCOPE, audience: Audience = Audience.STUDENT, **knobs: float
) -> RecallQuery:
    return RecallQuery(
        text=text,
        scope=scope,
        audience=audience,
        cues=cues,
        limit=int(knobs.get("limit", 12)),
        token_budget=int(knobs.get("token_budget", 900)),
        floor=float(knobs.get("floor", 0.25)),
    )


CHAIN = (
    "Sort the logons of SigninLogs by time and {} the chain of all devices "
    "from the first one to the last one."
)
"""Words that lie close to one another, whatever the verb."""
