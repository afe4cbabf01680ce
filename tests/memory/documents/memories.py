"""A memory with something of everything, made by the library itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from core.database import Database
from core.guidance import ActionTemplate
from memory.credit.outcome import TaskOutcome
from memory.documents.jsonl import export_jsonl
from memory.embedding.lexical import LexicalEmbedder
from memory.items import Item, ItemDraft, ItemId, Kind, RecallQuery, Status
from memory.ledger.editor import ItemEdit
from memory.library import PamphletLibrary
from tests.memory.samples import DRAFTS, HOSTS, MAIL, SCOPE, SIGN_IN, STOP, ask, task

PERSON = "person:anna"
SECRET = "sk-proj-Zq8vK2mX4tR7wB1nD5yH9cJ3"
ELSEWHERE = replace(HOSTS, scope="other/shop", content="Orders stand in Orders, their lines in OrderLines.")
SPLIT = replace(MAIL, content="Links stand in EmailUrlInfo, and their clicks stand in UrlClickEvents.")
AWKWARD = ItemDraft(
    kind=Kind.TOOL_PLAN,
    scope=f"{SCOPE}/deep",
    content="# Do *not* count `rows` of {table} - \\* is Ünïcode, 表 too, and a | b < c.",
    cue=r"re:\bhow\s+many\b",
    boundary="- a list\n## it is not",
    expected_effect="```",
    action=ActionTemplate(
        tool="python",
        template="```python\n# Count\n\tlen({table})\n```\n\n",
        bindings={"table": "a: b"},
    ),
    student_model="any",
)


def ticking() -> Iterator[datetime]:
    now = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    while True:
        yield now
        now += timedelta(seconds=7)


def opened(database: Database) -> PamphletLibrary:
    """A library whose clock is its own: the same steps make the same memory."""
    clock = ticking()
    return PamphletLibrary(database, LexicalEmbedder(), clock=lambda: next(clock))


def content(library: PamphletLibrary) -> list[str]:
    """All that an import brings back."""
    return list(export_jsonl(library._database))


def item(library: PamphletLibrary, words: str, status: Status | None = None) -> Item:
    """The one item whose content begins so."""
    (found,) = (
        each for each in library.items() if each.content.startswith(words) and status in (None, each.status)
    )
    return found


@dataclass(frozen=True)
class Filled:
    sign_in: ItemId
    hosts: ItemId
    quarantined: ItemId


def fill(library: PamphletLibrary) -> Filled:
    """Learn, credit, edit, merge, split, retire, quarantine, pin, roll back, and take a snapshot."""
    sign_in, hosts, mail, _ = library.learn(DRAFTS, task(1)).added
    library.learn([SIGN_IN, HOSTS], task(2, run="again", reward=0.1 + 0.2))
    library.learn([replace(SIGN_IN, content=PARAPHRASE)], task(3, reward=None))
    library.learn([replace(HOSTS, content=OPPOSITE), ELSEWHERE], task(4))
    library.learn([replace(STOP, content=f"Call the API with {SECRET} as the key.", cue=SECRET)], task(5))
    person, program = library.editor(PERSON), library.editor("rule:test")
    person.edit(hosts, ItemEdit(boundary="where names are long"), reason="too wide", key="once")
    person.add(AWKWARD, reason="said the team")
    person.pin(hosts)
    library.archive.snapshot("first", scope=SCOPE, actor=PERSON, reason="before the merge")
    library.archive.snapshot("same", scope=SCOPE, actor=PERSON)
    merged = [program.add(replace(MAIL, content=f"Mail {n} stands in EmailEvents.")).id for n in ("I", "II")]
    program.merge(merged, replace(MAIL, content="All mail stands in EmailEvents."), reason="the same")
    program.split(mail, [SPLIT, replace(MAIL, content="Senders stand in EmailEvents.")])
    program.retire(item(library, "Orders").id, reason="no\u2028shop")
    _credit(library)
    library.archive.rollback_item(hosts, 1, actor=PERSON, reason="it was right")
    library.archive.snapshot("all", actor=PERSON)
    quarantined = item(library, "Call the API").id
    return Filled(sign_in=sign_in, hosts=hosts, quarantined=quarantined)


PARAPHRASE = SIGN_IN.content.replace("For the IP address", "For an IP address")
OPPOSITE = HOSTS.content.replace("match on", "do not match on")


def _credit(library: PamphletLibrary) -> None:
    for number in range(10, 18):
        query = ask("IP address of the sign-in of a mail on a host", "answer_type:ip", floor=0.0)
        query = replace_draw(query, f"task-{number}")
        library.log_exposures("credit", f"task-{number}", library.recall(query))
        outcome = TaskOutcome(reward=number % 3 / 3, success=number % 2 == 0, steps=number, tokens=None)
        library.credit("credit", f"task-{number}", outcome)
    query = replace_draw(ask("host", floor=0.0), "open")
    library.log_exposures("credit", "open", library.recall(query))


def replace_draw(query: RecallQuery, draw: str) -> RecallQuery:
    return replace(query, draw=draw, withhold=0.4)
