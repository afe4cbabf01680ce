from __future__ import annotations

from core.database import Database
from memory.embedding.lexical import LexicalEmbedder
from memory.library import PamphletLibrary
from memory.sql import keywords
from memory.sql.keyword_index import check_keywords, rebuild_keywords
from tests.memory.samples import DRAFTS, HOSTS, STOP, task


def test_gaps_and_entries_of_nobody_are_found_and_mended(database: Database) -> None:
    library = PamphletLibrary(database, LexicalEmbedder())
    _, hosts, _, stop = library.learn(DRAFTS, task(1)).added
    library.editor("person:ann").retire(stop)
    assert check_keywords(database).clean
    with database.session() as session:
        connection = session.connection()
        whole = keywords.numbers(connection)
        number = next(iter(whole))
        keywords.remove(connection, number)
        keywords.write(connection, 987654321, keywords.section("a", STOP.kind.audience), ["b"])
    report = check_keywords(database)
    assert (report.clean, report.live, len(report.missing), report.extra) == (False, 3, 1, 1)
    assert rebuild_keywords(database) == 3
    assert check_keywords(database).clean
    with database.reading() as session:
        connection = session.connection()
        assert keywords.numbers(connection) == whole
        place = keywords.section(HOSTS.scope, HOSTS.kind.audience)
        (found,) = keywords.find(connection, place, ["label"], 9)
        assert found in whole
    assert library.get(hosts).live
