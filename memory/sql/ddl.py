"""DDL that SQLAlchemy has no words for: append-only tables and the keyword index, by dialect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from sqlalchemy import DDL
from sqlalchemy.schema import ExecutableDDLElement


def append_only(table: str) -> Iterator[ExecutableDDLElement]:
    """Triggers that refuse to change or delete a row of the table, whoever asks."""
    for verb in ("UPDATE", "DELETE"):
        yield _ddl(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
            dialect="sqlite",
        )
    yield _ddl(
        "CREATE OR REPLACE FUNCTION atlas_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$",
        dialect="postgresql",
    )
    yield _ddl(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION atlas_append_only()",
        dialect="postgresql",
    )


def keyword_table() -> Iterator[ExecutableDDLElement]:
    """`item_words`: one row a live item under its number; its tokens are ours (`keywords.token`).

    SQLite: an FTS5 table. PostgreSQL: an array under a GIN index.
    """
    yield _ddl(
        "CREATE VIRTUAL TABLE item_words USING fts5(words, tokenize = \"ascii tokenchars '_'\")",
        dialect="sqlite",
    )
    yield _ddl(
        "CREATE TABLE item_words (number BIGINT PRIMARY KEY, words TEXT[] NOT NULL)",
        dialect="postgresql",
    )
    yield _ddl("CREATE INDEX ix_item_words_words ON item_words USING gin (words)", dialect="postgresql")


def _ddl(statement: str, dialect: Literal["sqlite", "postgresql"]) -> ExecutableDDLElement:
    ddl = DDL(statement)  # type: ignore[no-untyped-call]
    return ddl.execute_if(dialect=dialect)
