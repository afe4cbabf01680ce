"""Memory in depth: whole versions, the audit chain, outcomes and trials, snapshots, the index outbox.

Items that stand already keep their words; the library takes them into the chain when it first writes.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(40)
NAME = sa.String(200)
HASH = sa.String(64)
_EMPTY = sa.text("''")
APPEND_ONLY = ("item_versions", "memory_events", "snapshots", "snapshot_items")


def upgrade() -> None:
    _widen()
    _create_events()
    _create_outcomes()
    _create_aliases()
    _create_snapshots()
    _create_index_tables()
    _create_item_words()
    for table in APPEND_ONLY:
        _make_append_only(table)


def downgrade() -> None:
    raise NotImplementedError("the audit chain cannot be unmade; restore the database from a backup")


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _filled(name: str, kind: sa.types.TypeEngine[Any], default: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=default)


def _widen() -> None:
    op.add_column("memory_state", _filled("head", HASH, _EMPTY))
    op.add_column("memory_state", sa.Column("at", sa.DateTime()))
    op.add_column("items", sa.Column("number", sa.BigInteger()))
    op.create_index("uq_items_number", "items", ["number"], unique=True)
    op.add_column("items", _filled("student_model", NAME, _EMPTY))
    op.add_column("items", _filled("trust", sa.String(20), "candidate"))
    op.add_column("items", _filled("doubt", sa.Float(), "0.5"))
    op.add_column("evidence", _filled("echo", sa.Boolean(), sa.false()))
    for column in (
        _filled("status", sa.String(20), "candidate"),
        _filled("pinned", sa.Boolean(), sa.false()),
        _filled("trust", sa.String(20), "candidate"),
        _filled("note", sa.Text(), _EMPTY),
        _filled("retired_for", sa.String(20), _EMPTY),
        _filled("successors", sa.Text(), _EMPTY),
        _filled("state_hash", HASH, _EMPTY),
        _filled("seq", sa.Integer(), "0"),
    ):
        op.add_column("item_versions", column)
    op.create_index("ix_item_versions_seq", "item_versions", ["seq"])
    op.add_column("exposures", _filled("counted", sa.Boolean(), sa.false()))
    op.create_index("ix_exposures_task", "exposures", ["run_id", "task_id"])
    op.execute(
        "UPDATE item_versions SET status = (SELECT status FROM items WHERE items.id = item_versions.item_id),"
        " pinned = (SELECT pinned FROM items WHERE items.id = item_versions.item_id)"
    )
    op.execute("UPDATE items SET trust = 'proven' WHERE status = 'active'")
    op.execute("UPDATE item_versions SET trust = 'proven' WHERE status = 'active'")


def _create_events() -> None:
    op.create_table(
        "memory_events",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        _column("at", sa.DateTime()),
        _column("op", sa.String(20)),
        _column("actor", NAME),
        _column("reason", sa.Text()),
        _column("run_id", NAME),
        _column("task_id", NAME),
        sa.Column("key", NAME),
        _column("changes", sa.JSON()),
        _column("previous", HASH),
        _column("hash", HASH),
        sa.PrimaryKeyConstraint("seq", name="pk_memory_events"),
        sa.UniqueConstraint("key", name="uq_memory_events_key"),
    )
    op.create_index("ix_memory_events_at", "memory_events", ["at"])


def _create_outcomes() -> None:
    op.create_table(
        "outcomes",
        _column("run_id", NAME),
        _column("task_id", NAME),
        _column("reward", sa.Float()),
        sa.Column("success", sa.Boolean()),
        sa.Column("steps", sa.Integer()),
        sa.Column("tokens", sa.Integer()),
        _column("created_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("run_id", "task_id", name="pk_outcomes"),
    )
    op.create_index("ix_outcomes_task", "outcomes", ["task_id"])
    op.execute(
        "INSERT INTO outcomes (run_id, task_id, reward, created_at) "
        "SELECT run_id, task_id, MAX(reward), MIN(created_at) FROM credits GROUP BY run_id, task_id"
    )
    # What was credited before is in alpha and beta already: it must not be counted a second time.
    true = "1" if op.get_bind().dialect.name == "sqlite" else "true"
    op.execute(
        f"UPDATE exposures SET counted = {true} WHERE EXISTS (SELECT 1 FROM credits WHERE "
        "credits.item_id = exposures.item_id AND credits.run_id = exposures.run_id "
        "AND credits.task_id = exposures.task_id)"
    )
    op.drop_table("credits")
    op.create_table(
        "item_trials",
        _column("item_id", ID),
        _column("trials", sa.JSON()),
        sa.PrimaryKeyConstraint("item_id", name="pk_item_trials"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_item_trials_item_id", ondelete="CASCADE"),
    )
    op.create_table(
        "item_pairs",
        _column("first", ID),
        _column("second", ID),
        _column("similarity", sa.Float()),
        _column("decision", sa.String(20)),
        _column("decided_by", NAME),
        _column("created_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("first", "second", name="pk_item_pairs"),
        sa.ForeignKeyConstraint(["first"], ["items.id"], name="fk_item_pairs_first", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["second"], ["items.id"], name="fk_item_pairs_second", ondelete="CASCADE"),
    )


def _create_aliases() -> None:
    op.create_table(
        "item_aliases",
        _column("content_hash", HASH),
        _column("item_id", ID),
        _column("content", sa.Text()),
        _column("similarity", sa.Float()),
        _column("decided_by", NAME),
        _column("created_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("content_hash", name="pk_item_aliases"),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name="fk_item_aliases_item_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_item_aliases_item_id", "item_aliases", ["item_id"])


def _create_snapshots() -> None:
    op.create_table(
        "snapshots",
        _column("name", NAME),
        _column("digest", HASH),
        _column("scope", NAME),
        _column("seq", sa.Integer()),
        _column("actor", NAME),
        _column("reason", sa.Text()),
        _column("created_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("name", name="pk_snapshots"),
    )
    op.create_index("ix_snapshots_digest", "snapshots", ["digest"])
    op.create_table(
        "snapshot_items",
        _column("digest", HASH),
        _column("item_id", ID),
        _column("version", sa.Integer()),
        _column("support", sa.Integer()),
        _column("alpha", sa.Float()),
        _column("beta", sa.Float()),
        sa.PrimaryKeyConstraint("digest", "item_id", name="pk_snapshot_items"),
        sa.ForeignKeyConstraint(
            ["item_id", "version"],
            ["item_versions.item_id", "item_versions.version"],
            name="fk_snapshot_items_item_id_version",
        ),
    )


def _create_index_tables() -> None:
    op.create_table(
        "index_outbox",
        _column("item_id", ID),
        _column("seq", sa.Integer()),
        _column("attempts", sa.Integer()),
        sa.Column("not_before", sa.DateTime()),
        _column("claimed_by", sa.String(80)),
        sa.Column("lease_until", sa.DateTime()),
        _column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("item_id", name="pk_index_outbox"),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name="fk_index_outbox_item_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "index_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        _column("generation", ID),
        _column("embedder_id", NAME),
        _column("built_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_index_state"),
    )


def _create_item_words() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE item_words USING fts5(section, words, tokenize = \"ascii tokenchars '_'\")"
        )
        return
    op.execute("CREATE TABLE item_words (number BIGINT PRIMARY KEY, words TEXT[] NOT NULL)")
    op.execute("CREATE INDEX ix_item_words_words ON item_words USING gin (words)")


def _make_append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION atlas_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION atlas_append_only()"
    )
