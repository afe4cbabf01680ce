"""Memory: items, their versions, evidence, exposures, credits and embeddings."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(40)
NAME = sa.String(200)


def upgrade() -> None:
    op.create_table(
        "memory_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("library_id", ID, nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_memory_state"),
    )
    _create_items()
    _create_item_versions()
    _create_by_task(
        "evidence", _column("task_group", NAME), sa.Column("reward", sa.Float()), _column("note", sa.Text())
    )
    _create_by_task(
        "exposures",
        _column("version", sa.Integer()),
        _column("outcome", sa.String(10)),
        _column("propensity", sa.Float()),
        _column("score", sa.Float()),
    )
    _create_by_task("credits", _column("reward", sa.Float()))
    _create_embeddings()


def downgrade() -> None:
    for name in ("embeddings", "credits", "exposures", "evidence", "item_versions", "items", "memory_state"):
        op.drop_table(name)


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _create_items() -> None:
    op.create_table(
        "items",
        _column("id", ID),
        _column("kind", sa.String(40)),
        _column("scope", NAME),
        _column("status", sa.String(20)),
        _column("version", sa.Integer()),
        _column("content_hash", sa.String(64)),
        _column("pinned", sa.Boolean()),
        _column("support", sa.Integer()),
        _column("alpha", sa.Float()),
        _column("beta", sa.Float()),
        _column("origin_run", NAME),
        _column("origin_task", NAME),
        _column("created_at", sa.DateTime()),
        _column("updated_at", sa.DateTime()),
        _column("change", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
    )
    op.create_index("ix_items_scope_status", "items", ["scope", "status"])
    op.create_index("ix_items_content_hash", "items", ["content_hash"])
    op.create_index("ix_items_change", "items", ["change"])


def _create_item_versions() -> None:
    op.create_table(
        "item_versions",
        _column("item_id", ID),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        _column("content", sa.Text()),
        _column("cue", sa.Text()),
        sa.Column("action", sa.JSON()),
        _column("boundary", sa.Text()),
        _column("expected_effect", sa.Text()),
        _column("content_hash", sa.String(64)),
        _column("created_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("item_id", "version", name="pk_item_versions"),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name="fk_item_versions_item_id", ondelete="CASCADE"
        ),
    )


def _create_by_task(table: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        table,
        _column("item_id", ID),
        _column("run_id", NAME),
        _column("task_id", NAME),
        *columns,
        _column("created_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("item_id", "run_id", "task_id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=f"fk_{table}_item_id", ondelete="CASCADE"),
    )


def _create_embeddings() -> None:
    op.create_table(
        "embeddings",
        _column("item_id", ID),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        _column("embedder_id", NAME),
        _column("dimensions", sa.Integer()),
        _column("vector", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("item_id", "version", "embedder_id", name="pk_embeddings"),
        sa.ForeignKeyConstraint(
            ["item_id", "version"],
            ["item_versions.item_id", "item_versions.version"],
            name="fk_embeddings_item_id_version",
            ondelete="CASCADE",
        ),
    )
