"""Memory's tables. The migration `0002_memory` is their DDL; a test holds the two together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
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
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime

ID = String(40)
"""Length of item ids; runs and tasks name themselves and get `NAME`."""
NAME = String(200)


class MemoryStateRow(Base):
    """One row: who this memory is, and the counter that every change of an item raises."""

    __tablename__ = "memory_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    library_id: Mapped[str] = mapped_column(ID)
    change: Mapped[int] = mapped_column(Integer)


class ItemRow(Base):
    """An item's standing; its words are in `item_versions`. `change` is the counter at its last change."""

    __tablename__ = "items"
    __table_args__ = (Index("ix_items_scope_status", "scope", "status"),)

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
    origin_run: Mapped[str] = mapped_column(NAME)
    origin_task: Mapped[str] = mapped_column(NAME)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    change: Mapped[int] = mapped_column(Integer, index=True)


class ItemVersionRow(Base):
    """The words of one version of an item. `action` is {tool, template, bindings} or NULL."""

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


class ExposureRow(Base):
    """An item shown to a task or withheld from it; `propensity` is the chance of being shown."""

    __tablename__ = "exposures"

    item_id: Mapped[str] = mapped_column(ID, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    run_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    task_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(String(10))
    propensity: Mapped[float] = mapped_column(Float)
    score: Mapped[float] = mapped_column(Float)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CreditRow(Base):
    """A task's reward counted towards an item that it was shown."""

    __tablename__ = "credits"

    item_id: Mapped[str] = mapped_column(ID, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    run_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    task_id: Mapped[str] = mapped_column(NAME, primary_key=True)
    reward: Mapped[float] = mapped_column(Float)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
        "evidence",
        "exposures",
        "credits",
        "embeddings",
    )
)
"""In an order that foreign keys allow."""
