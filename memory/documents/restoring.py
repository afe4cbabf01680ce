"""Brings an exported memory back into an empty one, whole or not at all.

A whole memory comes back as it was, to the last event of its audit chain. A part begins a chain of its own:
its versions count as older than the chain, and each item is taken into it as it stands.

Whoever edits the file can make its hashes anew, so that the gates are asked of all that is live, a person's
word included: what fails one comes back in quarantine, as the next event of the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import DataError, IntegrityError

from core.database import Database
from core.errors import UserError
from memory.documents.document import DocumentItem
from memory.documents.records import TYPES, Header, Row, read_header, read_record
from memory.gates import Inspection, inspect
from memory.history import Author, Op
from memory.items import LIVE, Item, ItemId, Kind, Status, draft_of
from memory.ledger.adoption import ADOPTER
from memory.ledger.audit import audit
from memory.ledger.writing import Writing, writing
from memory.sql.keyword_index import write_keywords
from memory.sql.rows import STATE_ID, item_of, select_items, state_of
from memory.sql.tables import (
    EventRow,
    ItemRow,
    ItemVersionRow,
    MemoryStateRow,
    OutboxRow,
    OutcomeRow,
    SnapshotRow,
)

_BATCH = 500
RULE_GATES = "rule:gates"
_UNCHAINED: Mapping[str, Row] = {
    "item": {"number": None, "change": 0},
    "version": {"seq": 0},
    "snapshot": {"seq": 0},
}
"""What a part leaves behind of the chain that it was cut from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What an import brought: how many records of each type; `scope` is None for a whole memory.

    `quarantined` are the items that failed a gate, each with the reasons.
    """

    scope: str | None
    counts: Mapping[str, int]
    quarantined: tuple[tuple[ItemId, str], ...] = ()


def _now() -> datetime:
    return datetime.now(UTC)


def import_jsonl(
    database: Database, lines: Iterable[str], *, clock: Callable[[], datetime] = _now
) -> Restored:
    """Restore an export into an empty memory, in one transaction.

    Raises:
        UserError: the memory is not empty, or the file is damaged, cut off or not an export. Nothing is
            written then, and the message names the line.
    """
    export = _Export(lines)
    scope, counts = export.header.scope, export.header.counts
    if scope is None:
        with database.durable() as connection:
            _require_empty(database, connection)
            _write_rows(connection, export.records())
            _restore_chain(connection, export.header)
            refused = _refused(connection)
            if refused:
                write = Writing(connection, clock)
                _keep_aside(write, refused)
                write.close()
    else:
        counts = {**counts, "event": 0}
        with writing(database, clock) as write:
            _require_empty(database, write.connection)
            _write_rows(write.connection, _unchained(export.records()))
            _begin_chain(write, export.header)
            refused = _refused(write.connection)
            _keep_aside(write, refused)
    quarantined = tuple((item.id, "; ".join(found.reasons)) for item, found in refused)
    return Restored(scope=scope, counts=counts, quarantined=quarantined)


def read_items(lines: Iterable[str]) -> tuple[DocumentItem, ...]:
    """The items of an export as they stood, for an import into a memory that has items already.

    Raises:
        UserError: as `import_jsonl`.
    """
    heads: dict[tuple[str, int], tuple[int, Row]] = {}
    items = []
    for number, kind, row in _Export(lines).records():
        if kind == "item":
            heads[row["id"], row["version"]] = number, row
        elif kind == "version" and (head := heads.pop((row["item_id"], row["version"]), None)) is not None:
            items.append(_document_item(*head, row))
    if heads:
        number, row = next(iter(heads.values()))
        raise UserError(f"line {number}: {row['id']} has no version {row['version']} in the file")
    return tuple(items)


class _Export:
    """The lines of an export, each checked as it is read, and all of them when the last one is."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = enumerate(lines, start=1)
        self.header: Header = read_header(next(self._lines, (1, ""))[1].removeprefix("\ufeff"))

    def records(self) -> Iterator[tuple[int, str, Row]]:
        """(line, type, row) of each record; raises `UserError` for the first line that is none, and at the
        end where the lines are not those that the header promised.
        """
        digest, counts, number = hashlib.sha256(), dict.fromkeys(TYPES, 0), 1
        for number, line in self._lines:
            plain = line.rstrip("\r\n")
            if not plain:
                continue
            digest.update(f"{plain}\n".encode("utf-8", "surrogatepass"))
            try:
                kind, row = read_record(plain)
            except (ValueError, RecursionError) as error:
                raise UserError(f"line {number}: {_short(error)}; nothing was imported") from None
            counts[kind] += 1
            yield number, kind, row
        promised = {kind: self.header.counts.get(kind, 0) for kind in TYPES}
        if sum(counts.values()) < sum(promised.values()):
            told = f"{sum(counts.values())} of {sum(promised.values())} records are there"
            raise UserError(f"line {number}: the file is cut off, {told}; nothing was imported")
        if counts != promised or digest.hexdigest() != self.header.sha256:
            told = "its SHA-256 is not that of the lines below it: the file was altered or damaged"
            raise UserError(f"line 1: {told}; nothing was imported")


def _short(error: Exception) -> str:
    return "not JSON" if type(error) is not ValueError else str(error)


def _unchained(records: Iterable[tuple[int, str, Row]]) -> Iterator[tuple[int, str, Row]]:
    for number, kind, row in records:
        if kind != "event":
            yield number, kind, row | _UNCHAINED.get(kind, {})


def _write_rows(connection: Connection, records: Iterable[tuple[int, str, Row]]) -> None:
    for kind, same in groupby(records, key=lambda record: record[1]):
        batch: list[tuple[int, Row]] = []
        for number, _, row in same:
            batch.append((number, row))
            if len(batch) == _BATCH:
                _write_batch(connection, kind, batch)
                batch = []
        _write_batch(connection, kind, batch)


def _write_batch(connection: Connection, kind: str, batch: list[tuple[int, Row]]) -> None:
    if not batch:
        return
    try:
        connection.execute(insert(TYPES[kind]), [row for _, row in batch])
    except (IntegrityError, DataError):
        where = f"line {batch[0][0]} to {batch[-1][0]}"
        told = f"records of type {kind} that the database refuses"
        raise UserError(f"{where}: {told}; nothing was imported") from None


def _require_empty(database: Database, connection: Connection) -> None:
    for row in (ItemRow, EventRow, SnapshotRow, OutcomeRow):
        if connection.execute(select(row.__table__).limit(1)).first() is not None:
            raise UserError(
                f"{database.shown_url} holds a memory already: import item by item, or into an empty database"
            )


def _restore_chain(connection: Connection, header: Header) -> None:
    connection.execute(delete(MemoryStateRow))
    if header.state is not None:
        state = header.state
        row = {"id": STATE_ID, "library_id": header.library_id, "change": state.change, "head": state.head}
        at = state.at.astimezone(UTC) if state.at else None
        connection.execute(insert(MemoryStateRow), {**row, "at": at})
    _require_whole(connection)
    if faults := audit(connection).faults:
        raise UserError(f"the audit chain in the file does not hold: {faults[0]}; nothing was imported")
    write_keywords(connection)
    _write_outbox(connection)


def _begin_chain(write: Writing, header: Header) -> None:
    _require_whole(write.connection)
    author = Author(actor=ADOPTER, reason=f"imported from {header.library_id or 'another memory'}")
    query = select_items().where(ItemRow.number.is_(None)).order_by(ItemRow.created_at, ItemRow.id)
    for item in map(item_of, write.connection.execute(query).all()):
        write.put(item, item.state)
        write.record(Op.ADOPT, author)


def _require_whole(connection: Connection) -> None:
    """Every item has the version that it stands at."""
    at = (ItemVersionRow.item_id == ItemRow.id) & (ItemVersionRow.version == ItemRow.version)
    query = select(ItemRow.id).outerjoin(ItemVersionRow, at).where(ItemVersionRow.item_id.is_(None))
    if (missing := connection.execute(query.limit(1)).scalar()) is not None:
        raise UserError(f"{missing} has no version that it stands at in the file; nothing was imported")


def _refused(connection: Connection) -> list[tuple[Item, Inspection]]:
    """Live items whose words fail a gate, with what the gates say of them, in order of id."""
    rows = connection.execute(select_items().where(ItemRow.status.in_(LIVE)).order_by(ItemRow.id))
    inspected = ((item, inspect(draft_of(item))) for item in map(item_of, rows.yield_per(_BATCH)))
    return [(item, found) for item, found in inspected if not found.passed]


def _keep_aside(write: Writing, refused: Iterable[tuple[Item, Inspection]]) -> None:
    """Into quarantine, masked as all that waits there is; the version before keeps the words as they came."""
    for item, found in refused:
        reasons = "; ".join(found.reasons)
        state = DocumentItem.of(item).with_words(found.draft).state
        write.put(item, replace(state, status=Status.QUARANTINED, pinned=False, note=reasons))
        write.record(Op.QUARANTINE, Author(actor=RULE_GATES, reason=reasons))


def _write_outbox(connection: Connection) -> None:
    """All items, so that the vector index takes them over."""
    rows = connection.execute(select(ItemRow.id, ItemRow.change)).all()
    fresh = {"attempts": 0, "not_before": None, "claimed_by": "", "lease_until": None, "last_error": ""}
    if rows:
        connection.execute(
            insert(OutboxRow), [{"item_id": row.id, "seq": row.change, **fresh} for row in rows]
        )


def _document_item(number: int, head: Row, version: Row) -> DocumentItem:
    return DocumentItem(
        id=ItemId(head["id"]),
        version=head["version"],
        kind=Kind(head["kind"]),
        scope=head["scope"],
        student_model=head["student_model"],
        state=state_of(cast(Any, SimpleNamespace(**version))),
        line=number,
    )
