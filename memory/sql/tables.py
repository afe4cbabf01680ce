"""Memory's tables. The migrations are their DDL; a test holds the two together.

`memory_events`, `item_versions` and the snapshots only ever grow: triggers refuse to change or delete a row
(`ddl.py`). The words of items for keyword search stand in `item_words`, which each dialect makes its own way.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    event,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime
from memory.sql.ddl import append_only, keyword_table

ID = String(40)
"""Length of item ids; runs and tasks name themselves and get `NAME`."""
NAME = String(200)
HASH = String(64)
_EMPTY = text("''")


class MemoryStateRow(Base):
    """One row: who this memory is, the counter that every write raises, and the head of the audit chain.

    `at` is the time of the last event: times never run backwards, whatever the clocks of writers do.
    """

    __tablename__ = "memory_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    library_id: Mapped[str] = mapped_column(ID)
    change: Mapped[int] = mapped_column(Integer)
    head: Mapped[str] = mapped_column(HASH, server_default=_EMPTY)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ItemRow(Base):
    """An item's standing; its words are in `item_versions`. `change` is the counter at its last change.

    `number` names the item in the keyword index, `status`, `pinned` and `trust` repeat the current version's.
    """

    __tablename__ = "items"
    __table_args__ = (
        Index("ix_items_scope_status", "scope", "status"),
        Index("uq_items_number", "number", unique=True),
    )

    number: Mapped[int | None] = mapped_column(BigInteger)
    student_model: Mapped[str] = mapped_column(NAME, server_default=_EMPTY)
    trust: Mapped[str] = mapped_column(String(20), server_default="candidate")

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    scope: Mapped[str] = mapped_column(NAME)
    status: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer)
    content_hash: Mapped[str] = mapped_column(String(64), index=True)
    pinned: Mapped[bool] = mapped_column(Boolean)
    support: Mapped[int] = mapped_column(Integer)
    alpha: Mapped[float] = mapped_column(Float)
    beta: Mapped[float] = mapped_column(Float)
    doubt: Mapped[float] = mapped_column(Float, server_default="0.5")
    origin_run: Mapped[str] = mapped_column(NAME)
    origin_task: Mapped[str] = mapped_column(NAME)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    change: Mapped[int] = mapped_column(Integer, index=True)


class ItemVersionRow(Base):
    """One version of an item, whole. `action` is {tool, template, bindings} or NULL; `seq` is its event's."""

    __tablename__ = "item_versions"

    item_id: Mapped[str] = mapped_column(ID, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(Text)
    cue: Mapped[str] = mapped_column(Text)
    action: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    boundary: Mapped[str] = mapped_column(Text)
    expected_effect: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(20), server_default="candidate")
    pinned: Mapped[bool] = mapped_column(Boolean, server_default=false())
    trust: Mapped[str] = mapped_column(String(20), server_default="candidate")
    note: Mapped[str] = mapped_column(Text, server_default=_EMPTY)
    retired_for: Mapped[str] = mapped_column(String(20), server_default=_EMPTY)
    successors: Mapped[str] = mapped_column(Text, server_default=_EMPTY)
    state_hash: Mapped[str] = mapped_column(HASH, server_default=_EMPTY)
    seq: Mapped[int] = mapped_column(Integer, server_default="0", index=True)


class EventRow(Base):
    """One link of the audit chain. `changes` is [[item, version, state hash], ...]."""

    __tablename__ = "memory_events"

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    op: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(NAME)
    reason: Mapped[str] = mapped_column(Text)
    run_id: Mapped[str] = mapped_column(NAME)
    task_id: Mapped[str] = mapped_column(NAME)
    key: Mapped[str | None] = mapped_column(NAME, unique=True)
    changes: Mapped[list[list[object]]] = mapped_column(JSON)
    previous: Mapped[str] = mapped_column(HASH)
    hash: Mapped[str] = mapped_column(HASH)


class EvidenceRow(Base):
    """An episode behind an item; `task_group` is what a split keeps whole (the incident)."""

    __tablename__ = "evidence"

    item_id: Mapped[str] = mapped_column(ID, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    run_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    task_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    task_group: Mapped[str] = mapped_column(NAME)
    reward: Mapped[float | None] = mapped_column(Float)
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    echo: Mapped[bool] = mapped_column(Boolean, server_default=false())


class ExposureRow(Base):
    """An item shown to a task or withheld from it; `propensity` is the chance of being shown.

    `counted` once the task's outcome stands in the item's trials.
    """

    __tablename__ = "exposures"
    __table_args__ = (Index("ix_exposures_task", "run_id", "task_id"),)

    item_id: Mapped[str] = mapped_column(ID, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    run_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    task_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(String(10))
    propensity: Mapped[float] = mapped_column(Float)
    score: Mapped[float] = mapped_column(Float)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    counted: Mapped[bool] = mapped_column(Boolean, server_default=false())


class OutcomeRow(Base):
    """How a task ended, once: what exposures are counted by. Unknown numbers are NULL."""

    __tablename__ = "outcomes"
    __table_args__ = (Index("ix_outcomes_task", "task_id"),)

    run_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    task_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    reward: Mapped[float] = mapped_column(Float)
    success: Mapped[bool | None] = mapped_column(Boolean)
    steps: Mapped[int | None] = mapped_column(Integer)
    tokens: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TrialsRow(Base):
    """What exposures and outcomes say of an item so far: `memory.credit.tallies.Trials` as JSON."""

    __tablename__ = "item_trials"

    item_id: Mapped[str] = mapped_column(ID, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    trials: Mapped[dict[str, object]] = mapped_column(JSON)


class PairRow(Base):
    """What was decided of two items that are alike, the lesser id first; asked once, not at every write."""

    __tablename__ = "item_pairs"

    first: Mapped[str] = mapped_column(ID, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    second: Mapped[str] = mapped_column(ID, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    similarity: Mapped[float] = mapped_column(Float)
    decision: Mapped[str] = mapped_column(String(20))
    decided_by: Mapped[str] = mapped_column(NAME)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AliasRow(Base):
    """Other words that were found to say the same as an item: when they come again, they count as it."""

    __tablename__ = "item_aliases"

    content_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    item_id: Mapped[str] = mapped_column(ID, ForeignKey("items.id", ondelete="CASCADE"), index=True)
    content: Mapped[str] = mapped_column(Text)
    similarity: Mapped[float] = mapped_column(Float)
    decided_by: Mapped[str] = mapped_column(NAME)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SnapshotRow(Base):
    """A name for a content; several names may share a digest."""

    __tablename__ = "snapshots"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    digest: Mapped[str] = mapped_column(HASH, index=True)
    scope: Mapped[str] = mapped_column(NAME)
    seq: Mapped[int] = mapped_column(Integer)
    actor: Mapped[str] = mapped_column(NAME)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SnapshotItemRow(Base):
    """One item of a snapshot's content, with the credit that it had then."""

    __tablename__ = "snapshot_items"
    __table_args__ = (
        ForeignKeyConstraint(["item_id", "version"], ["item_versions.item_id", "item_versions.version"]),
    )

    digest: Mapped[str] = mapped_column(HASH, primary_key=True)
    item_id: Mapped[str] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    support: Mapped[int] = mapped_column(Integer)
    alpha: Mapped[float] = mapped_column(Float)
    beta: Mapped[float] = mapped_column(Float)


class OutboxRow(Base):
    """An item whose change the vector index has yet to take over; one row an item, however often it changes.

    `seq` is the last change; a worker holds the row until `lease_until` and tries again after `not_before`.
    """

    __tablename__ = "index_outbox"

    item_id: Mapped[str] = mapped_column(ID, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer)
    attempts: Mapped[int] = mapped_column(Integer)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_by: Mapped[str] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(Text)


class IndexRow(Base):
    """Which generation of the vector index is in use, and whose vectors it holds."""

    __tablename__ = "index_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    generation: Mapped[str] = mapped_column(ID)
    embedder_id: Mapped[str] = mapped_column(NAME)
    built_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EmbeddingRow(Base):
    """The vector of one version by one embedder: little-endian float32, `dimensions` of them."""

    __tablename__ = "embeddings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["item_id", "version"], ["item_versions.item_id", "item_versions.version"], ondelete="CASCADE"
        ),
    )

    item_id: Mapped[str] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    embedder_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    dimensions: Mapped[int] = mapped_column(Integer)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


MEMORY_TABLES: tuple[Table, ...] = tuple(
    Base.metadata.tables[name]
    for name in (
        "memory_state",
        "items",
        "item_versions",
        "memory_events",
        "evidence",
        "exposures",
        "outcomes",
        "item_trials",
        "item_pairs",
        "item_aliases",
        "snapshots",
        "snapshot_items",
        "embeddings",
        "index_outbox",
        "index_state",
    )
)
"""In an order that foreign keys allow."""

APPEND_ONLY = ("item_versions", "memory_events", "snapshots", "snapshot_items")

for _name in APPEND_ONLY:
    for _statement in append_only(_name):
        event.listen(Base.metadata.tables[_name], "after_create", _statement)
for _statement in keyword_table():
    event.listen(Base.metadata.tables["items"], "after_create", _statement)
