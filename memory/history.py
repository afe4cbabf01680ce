"""The values of history: who did what, versions, events of the audit chain, snapshots. No I/O here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from memory.items import Item, ItemId, ItemState

GENESIS = "0" * 64
"""What the first event of a chain names as the one before it."""


class Op(StrEnum):
    """What may be done to an item. There is no rewriting of a whole pamphlet."""

    ADD = "add"
    EDIT = "edit"
    MERGE = "merge"
    SPLIT = "split"
    RETIRE = "retire"
    RESTORE = "restore"
    PIN = "pin"
    UNPIN = "unpin"
    APPROVE = "approve"
    REJECT = "reject"
    PROMOTE = "promote"
    QUARANTINE = "quarantine"
    ROLLBACK = "rollback"
    IMPORT = "import"
    ADOPT = "adopt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who writes and why: `actor` is `person:NAME`, `run:ID` or `rule:NAME`.

    `key` makes the write idempotent: a second write under it does nothing and says what the first one did.
    """

    actor: str
    reason: str = ""
    run_id: str = ""
    task_id: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One item's step within an event: the version it reached and the hash of that version's state."""

    item_id: ItemId
    version: int
    state_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One link of the audit chain. `seq` rises with every write; `hash` covers it and the link before."""

    seq: int
    at: datetime
    op: Op
    author: Author
    changes: tuple[Change, ...]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of an item with the event that made it."""

    item: Item
    seq: int
    at: datetime
    op: Op
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A named, frozen memory. `digest` is the SHA-256 of what it holds: equal memories have equal ones."""

    name: str
    digest: str
    scope: str
    items: int
    seq: int
    at: datetime
    actor: str
    reason: str


def state_hash(item_id: str, kind: str, scope: str, student_model: str, state: ItemState) -> str:
    """SHA-256 of one version's state, as 64 hex digits."""
    action = state.action
    return digest(
        [
            item_id,
            kind,
            scope,
            student_model,
            state.content,
            state.cue,
            None if action is None else [action.tool, action.template, dict(action.bindings)],
            state.boundary,
            state.expected_effect,
            state.status.value,
            state.pinned,
            state.trust.value,
            state.note,
            state.retired_for.value if state.retired_for else "",
            list(state.successors),
        ]
    )


def link(seq: int, at: datetime, op: Op, author: Author, changes: tuple[Change, ...], previous: str) -> str:
    """The hash of an event: SHA-256 over its canonical JSON, the link before included."""
    return digest(
        [
            previous,
            seq,
            at.astimezone(UTC).isoformat(timespec="microseconds"),
            op.value,
            author.actor,
            author.reason,
            author.run_id,
            author.task_id,
            author.key,
            [[change.item_id, change.version, change.state_hash] for change in changes],
        ]
    )


def digest(value: object) -> str:
    """SHA-256 of a plain value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
