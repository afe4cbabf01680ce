"""`atlas memory verify` and `rebuild`: do the indexes and the history hold what they should?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from app.options import Json

if TYPE_CHECKING:
    from app.memory.opening import Desk
    from memory.index.verify import Ids, IndexReport
    from memory.items import Item, ItemId
    from memory.ledger.audit import AuditReport
    from memory.sql.keyword_index import KeywordReport

WRONGS = {
    "missing": "live items are not in it",
    "extra": "entries belong to no live item",
    "other_version": "entries are of another version",
    "other_content": "entries are of other words",
    "other_embedder": "vectors are another embedder's",
    "other_vector": "vectors are not those that memory holds",
    "not_embedded": "live items have no vector",
    "not_found": "items are not found by their own vectors",
    "waiting": "items wait to be taken over",
}
MOST_NAMED = 3


def verify(as_json: Json = False) -> None:
    """Check indexes, history and duplicates.

    Ends with 1 when anything is wrong.
    """
    from app.memory.opening import indexed
    from app.output import print_json
    from memory.sql.keyword_index import check_keywords

    with indexed() as desk:
        index = None if desk.library.index is None else desk.library.index.verify()
        words, chain = check_keywords(desk.database), desk.archive.audit()
        twins = duplicates(desk.library.items())
        clean = (index is None or index.clean) and words.clean and chain.intact and not twins
        if as_json:
            print_json(
                {
                    "clean": clean,
                    "index": None if index is None else index_json(index),
                    "keywords": keywords_json(words),
                    "audit": audit_json(chain),
                    "duplicates": [list(each) for each in twins],
                }
            )
        else:
            _tell(desk, index, words, chain, twins)
    if not clean:
        raise typer.Exit(1)


def rebuild(as_json: Json = False) -> None:
    """Write both indexes anew from the items.

    The old vector index stays in use until the new one is whole.
    """
    from app.memory.opening import indexed
    from app.output import print_json
    from memory.sql.keyword_index import check_keywords, rebuild_keywords

    with indexed() as desk:
        rebuild_keywords(desk.database)
        words = check_keywords(desk.database)
        index = None if desk.library.index is None else desk.library.index.rebuild()
        clean = words.clean and (index is None or index.whole)
        if as_json:
            told = None if index is None else index_json(index)
            print_json({"clean": clean, "index": told, "keywords": keywords_json(words)})
        else:
            sheet = desk.sheet()
            sheet.facts([("keywords", _words_line(words)), *_index_lines(index)])
            sheet.print()
    if not clean:
        raise typer.Exit(1)


def duplicates(items: Sequence[Item]) -> tuple[tuple[ItemId, ...], ...]:
    """Live items that say the same, by scope, kind, words and action."""
    same: dict[str, list[ItemId]] = {}
    for item in items:
        if item.live:
            same.setdefault(item.content_hash, []).append(item.id)
    return tuple(tuple(sorted(each)) for each in same.values() if len(each) > 1)


def index_json(report: IndexReport) -> dict[str, object]:
    return {
        "clean": report.clean,
        "problem": report.problem,
        "generation": report.generation,
        "live": report.live,
        "indexed": report.indexed,
        "sampled": report.sampled,
        **{name: {"count": ids.count, "first": list(ids.first)} for name, ids in _ids(report)},
    }


def keywords_json(report: KeywordReport) -> dict[str, object]:
    return {
        "clean": report.clean,
        "live": report.live,
        "missing": list(report.missing),
        "extra": report.extra,
    }


def audit_json(report: AuditReport) -> dict[str, object]:
    return {
        "intact": report.intact,
        "events": report.events,
        "versions": report.versions,
        "older": report.older,
        "faults": list(report.faults),
    }


def _ids(report: IndexReport) -> list[tuple[str, Ids]]:
    return [(name, getattr(report, name)) for name in WRONGS]


def _tell(
    desk: Desk,
    index: IndexReport | None,
    words: KeywordReport,
    chain: AuditReport,
    twins: Sequence[Sequence[ItemId]],
) -> None:
    older = f", {chain.older} versions are older than the chain" if chain.older else ""
    held = f"{chain.events} events, {chain.versions} versions{older}"
    facts = [*_index_lines(index), ("keywords", _words_line(words))]
    facts += [("audit", f"intact: {held}" if chain.intact else f"broken: {held}")]
    facts += [("", fault) for fault in chain.faults]
    facts += [("duplicates", "none" if not twins else f"{len(twins)} groups say the same")]
    facts += [("", " ".join(each)) for each in twins]
    sheet = desk.sheet()
    sheet.facts(facts)
    sheet.print()


def _index_lines(report: IndexReport | None) -> list[tuple[str, str]]:
    if report is None:
        return [("index", "none: items are compared exactly")]
    if report.problem is not None:
        return [("index", f"cannot be used: {report.problem}")]
    held = f"{report.indexed} entries for {report.live} live items, {report.sampled} looked up"
    lines = [("index", f"{'clean' if report.clean else 'wrong' if not report.whole else 'behind'}: {held}")]
    for name, ids in _ids(report):
        if ids.count:
            more = f" and {ids.count - MOST_NAMED} more" if ids.count > MOST_NAMED else ""
            lines.append(("", f"{ids.count} {WRONGS[name]}: {' '.join(ids.first[:MOST_NAMED])}{more}"))
    return lines


def _words_line(report: KeywordReport) -> str:
    if report.clean:
        return f"clean: {report.live} live items"
    missing = f"{len(report.missing)} of {report.live} live items are missing"
    return f"wrong: {missing}, {report.extra} entries too many"
