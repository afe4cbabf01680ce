"""The keyword index `item_words`: FTS5 on SQLite, a GIN index over arrays on PostgreSQL.

It finds which items of a section share words with a query; their BM25 is computed where they are ranked, so
that both dialects rank alike. It is written in the transaction that changes the item. Every token bears its
section in front: a search touches the rows of its own section only, however large the memory around it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from core.database.prepared import Prepared
from memory.items import Audience

_PLAIN = re.compile(r"[a-z0-9_]+")
_PREFIX = 9

_FTS_WRITE = Prepared(text("INSERT OR REPLACE INTO item_words (rowid, words) VALUES (:number, :words)"))
_FTS_REMOVE = text("DELETE FROM item_words WHERE rowid = :number")
_FTS_FIND = text(
    "SELECT rowid FROM item_words WHERE item_words MATCH :query ORDER BY rank, rowid LIMIT :limit"
)
_GIN_WRITE = text(
    "INSERT INTO item_words (number, words) VALUES (:number, :words)"
    " ON CONFLICT (number) DO UPDATE SET words = excluded.words"
)
_GIN_REMOVE = text("DELETE FROM item_words WHERE number = :number")
_GIN_FIND = text(
    "SELECT number FROM item_words WHERE words && :words "
    "ORDER BY cardinality(ARRAY(SELECT unnest(words) INTERSECT SELECT unnest(:words))) DESC, number "
    "LIMIT :limit"
)
_NUMBERS = text("SELECT rowid AS number FROM item_words"), text("SELECT number FROM item_words")


def section(scope: str, audience: Audience) -> str:
    """The name of one scope and audience in the indexes: `s` and 15 hex digits."""
    return "s" + hashlib.sha256(f"{scope}\x1f{audience.value}".encode()).hexdigest()[:15]


def token(section_name: str, word: str) -> str:
    """A section's word as the index keeps it: plain ASCII, whatever the script, so that nothing splits it."""
    plain = word if _PLAIN.fullmatch(word) else f"u{word.encode('utf-8', 'replace').hex()}"
    return f"{section_name[:_PREFIX]}_{plain}"


def write(connection: Connection, number: int, section_name: str, words: Iterable[str]) -> None:
    """Set the words of a live item."""
    tokens = [token(section_name, word) for word in words]
    if _is_sqlite(connection):
        _FTS_WRITE.run(connection, {"number": number, "words": " ".join(tokens)})
    else:
        connection.execute(_GIN_WRITE, {"number": number, "words": list(dict.fromkeys(tokens))})


def remove(connection: Connection, number: int) -> None:
    connection.execute(_FTS_REMOVE if _is_sqlite(connection) else _GIN_REMOVE, {"number": number})


def find(connection: Connection, section_name: str, words: Sequence[str], limit: int) -> tuple[int, ...]:
    """Numbers of the section's items that share words with the query, the best first."""
    tokens = list(dict.fromkeys(token(section_name, word) for word in words))
    if not tokens:
        return ()
    if not _is_sqlite(connection):
        rows = connection.execute(_GIN_FIND, {"words": tokens, "limit": limit})
    else:
        rows = connection.execute(_FTS_FIND, {"query": " OR ".join(tokens), "limit": limit})
    return tuple(rows.scalars())


def numbers(connection: Connection) -> frozenset[int]:
    """All numbers that the index holds."""
    return frozenset(connection.execute(_NUMBERS[0 if _is_sqlite(connection) else 1]).scalars())


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
