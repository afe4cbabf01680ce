"""A file that somebody altered behind the triggers' back: the audit finds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from core.database import Database, open_database
from memory.embedding.lexical import LexicalEmbedder
from memory.ledger.audit import AuditReport
from memory.ledger.editor import ItemEdit
from memory.library import PamphletLibrary
from memory.sql.tables import APPEND_ONLY
from tests.memory.samples import DRAFTS, HOSTS, task

ANN = "person:ann"


@pytest.fixture
def altered(tmp_path: Path) -> Iterator[tuple[PamphletLibrary, sqlite3.Connection]]:
    """A memory of six events with a snapshot, and a connection that no trigger and no key stops."""
    library = PamphletLibrary(
        open_database(f"sqlite:///{tmp_path / 'atlas.db'}"), LexicalEmbedder(), owns_database=True
    )
    library.learn(DRAFTS, task(1))
    item = next(item for item in library.items() if item.content == HOSTS.content)
    library.editor(ANN).edit(item.id, ItemEdit(cue="hosts"), reason="clearer")
    library.editor(ANN).retire(item.id, reason="wrong")
    library.archive.snapshot("before", actor=ANN)
    assert library.archive.audit() == AuditReport(events=6, versions=6, older=0, faults=())
    with closing(sqlite3.connect(tmp_path / "atlas.db", isolation_level=None)) as raw:
        for table in APPEND_ONLY:
            for name in raw.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
            ).fetchall():
                raw.execute(f"DROP TRIGGER {name[0]}")
        yield library, raw
    library.close()


LAST = "(SELECT max(seq) FROM memory_events)"
MIDDLE = "(SELECT min(seq) + 2 FROM memory_events)"
EDITED = "item_id = (SELECT item_id FROM item_versions WHERE version = 3)"
HEAD = f"UPDATE memory_state SET head = (SELECT hash FROM memory_events WHERE seq = {LAST})"


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        ([f"UPDATE memory_events SET reason = 'right' WHERE seq = {LAST}"], "was altered"),
        ([f"UPDATE memory_events SET actor = 'person:bo' WHERE seq = {MIDDLE}"], "was altered"),
        ([f"UPDATE memory_events SET at = '2020-01-01 00:00:00.000000' WHERE seq = {LAST}"], "was altered"),
        ([f"UPDATE memory_events SET op = 'pin' WHERE seq = {LAST}"], "was altered"),
        ([f"UPDATE memory_events SET key = 'mine' WHERE seq = {LAST}"], "was altered"),
        ([f"UPDATE memory_events SET changes = '[]' WHERE seq = {LAST}"], "was altered"),
        ([f"UPDATE memory_events SET seq = seq + 100 WHERE seq = {LAST}"], "was altered"),
        ([f"DELETE FROM memory_events WHERE seq = {MIDDLE}"], "does not follow the one before"),
        (["DELETE FROM memory_events WHERE seq = (SELECT min(seq) FROM memory_events)"], "does not follow"),
        ([f"DELETE FROM memory_events WHERE seq = {LAST}"], "events are missing"),
        (["DELETE FROM memory_events"], "events are missing"),
        ([f"DELETE FROM memory_events WHERE seq = {LAST}", HEAD], "version 3 has no event"),
        (["UPDATE memory_state SET head = ''"], "events are missing"),
        ([f"UPDATE item_versions SET content = 'other words' WHERE {EDITED} AND version = 1"], "was altered"),
        (["UPDATE item_versions SET status = 'active' WHERE version = 3"], "version 3 was altered"),
        (["UPDATE item_versions SET action = '{}' WHERE version = 3"], "cannot be read"),
        (["UPDATE item_versions SET status = 'gone' WHERE version = 3"], "cannot be read"),
        ([f"UPDATE memory_events SET changes = '[' WHERE seq = {LAST}"], "cannot be read"),
        ([f"UPDATE memory_events SET at = 'today' WHERE seq = {LAST}"], "cannot be read"),
        ([f"UPDATE item_versions SET note = '' WHERE {EDITED} AND version = 3"], "version 3 was altered"),
        (["UPDATE item_versions SET state_hash = '00' WHERE version = 2"], "version 2 was altered"),
        (["UPDATE items SET scope = 'elsewhere' WHERE version = 1"], "version 1 was altered"),
        ([f"DELETE FROM item_versions WHERE {EDITED} AND version = 1"], "version 1 is missing"),
        (["DELETE FROM item_versions WHERE version = 2"], "version 2 is missing"),
        (["DELETE FROM item_versions WHERE version = 3"], "version 3 is missing"),
        (["DELETE FROM items WHERE version = 3"], "version 3 is missing"),
        (["UPDATE items SET version = 2 WHERE version = 3"], "stands at version 2"),
        (["UPDATE items SET status = 'active' WHERE version = 3"], "stands otherwise than its version 3"),
        (
            [
                "INSERT INTO item_versions SELECT item_id, 4, 'planted', cue, action, boundary,"
                " expected_effect, content_hash, created_at, 'active', pinned, trust, note, '', successors,"
                " state_hash, 0"
                " FROM item_versions WHERE version = 3",
                "UPDATE items SET version = 4, status = 'active' WHERE version = 3",
            ],
            "version 4 has no event",
        ),
        (["UPDATE snapshot_items SET version = 1 WHERE version = 3"], "snapshot before was altered"),
        (["UPDATE snapshot_items SET alpha = 9"], "snapshot before was altered"),
        (["DELETE FROM snapshot_items WHERE version = 3"], "snapshot before was altered"),
    ],
)
def test_whatever_was_altered_is_found(
    altered: tuple[PamphletLibrary, sqlite3.Connection], statements: list[str], fault: str
) -> None:
    library, raw = altered
    for statement in statements:
        assert raw.execute(statement).rowcount > 0
    report = library.archive.audit()
    assert not report.intact
    assert any(fault in line for line in report.faults), report.faults
    assert all("\n" not in line for line in report.faults)


def test_a_report_has_twenty_lines_at_most(altered: tuple[PamphletLibrary, sqlite3.Connection]) -> None:
    library, raw = altered
    for number in range(2, 30):
        library.learn(DRAFTS, task(number))
        item = library.items()[0]
        library.editor(ANN).pin(item.id, not item.pinned)
    raw.execute("UPDATE memory_events SET reason = 'nothing'")
    assert len(library.archive.audit().faults) == 20


def test_an_altered_server_is_found_out_too(database: Database, library: PamphletLibrary) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("see above for files")
    library.learn(DRAFTS, task(1))
    with database.session() as session:
        session.execute(text("ALTER TABLE item_versions DISABLE TRIGGER USER"))
        session.execute(text("UPDATE item_versions SET content = 'other words'"))
        session.execute(text("ALTER TABLE item_versions ENABLE TRIGGER USER"))
    assert len(library.archive.audit().faults) == len(DRAFTS)
