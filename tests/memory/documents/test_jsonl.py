from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

import pytest

from core.database import Database
from core.errors import UserError
from memory.documents.advice import advisory_block
from memory.documents.jsonl import export_jsonl, import_jsonl
from memory.documents.markdown import render, render_item
from memory.items import Status
from memory.sql.tables import MEMORY_TABLES
from tests.memory.documents.memories import SECRET, content, fill, item, opened
from tests.memory.samples import SCOPE


def records(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def test_the_first_line_says_what_follows(database: Database) -> None:
    library = opened(database)
    fill(library)
    lines = content(library)
    header, *rest = records(lines)
    assert (header["type"], header["format"], header["scope"]) == ("header", "atlas memory", None)
    assert header["sha256"] == hashlib.sha256("".join(lines[1:]).encode()).hexdigest()
    counted = Counter(record["type"] for record in rest)
    assert counted == {kind: count for kind, count in header["counts"].items() if count}
    assert set(counted) == set(header["counts"]), "a memory with something of everything"
    assert header["state"]["head"] == next(r["hash"] for r in reversed(rest) if r["type"] == "event")


def test_every_line_is_one_line_whatever_stands_in_it(database: Database) -> None:
    library = opened(database)
    fill(library)
    lines = content(library)
    assert all(line.endswith("\n") and len(line.splitlines()) == 1 for line in lines)
    assert any("\\u2028" in line for line in lines)


def test_exports_are_equal_whatever_the_database(database: Database) -> None:
    with Database.in_memory(*MEMORY_TABLES) as other:
        here, there = opened(database), opened(other)
        fill(here)
        fill(there)
        mine, theirs = content(here), content(there)
    one, two = json.loads(mine[0]), json.loads(theirs[0])
    assert one.pop("library_id") != two.pop("library_id")
    assert one == two
    assert mine[1:] == theirs[1:]


def test_a_part_has_what_belongs_to_its_scope_and_no_more(database: Database) -> None:
    library = opened(database)
    fill(library)
    header, *rest = records(list(export_jsonl(database, SCOPE)))
    inside = {each.id for each in library.items(scope=SCOPE)}
    outside = {each.id for each in library.items()} - inside
    assert outside
    assert (header["scope"], header["state"]) == (SCOPE, None)
    assert {record["id"] for record in rest if record["type"] == "item"} == inside
    assert not any(name in json.dumps(record) for record in rest for name in outside)
    assert {record["name"] for record in rest if record["type"] == "snapshot"} == {"first", "same"}
    whole = Counter(record["type"] for record in records(content(library))[1:])
    part = Counter(record["type"] for record in rest)
    assert part["version"] == sum(len(library.archive.history(each)) for each in inside) < whole["version"]
    assert (part["exposure"], part["outcome"], part["trials"]) == (
        whole["exposure"],
        whole["outcome"],
        whole["trials"],
    )


def test_another_scope_has_no_outcomes_that_it_took_no_part_in(database: Database) -> None:
    library = opened(database)
    fill(library)
    _, *rest = records(list(export_jsonl(database, "other")))
    assert Counter(record["type"] for record in rest) == {"item": 1, "version": 2, "event": 2, "evidence": 1}


def test_an_empty_memory_is_an_export_too(database: Database) -> None:
    lines = list(export_jsonl(database))
    assert len(lines) == 1
    with Database.in_memory(*MEMORY_TABLES) as target:
        assert import_jsonl(target, lines).counts["item"] == 0
        assert list(export_jsonl(target)) == lines


def test_a_secret_of_a_quarantined_draft_is_in_no_export(database: Database) -> None:
    library = opened(database)
    filled = fill(library)
    assert library.get(filled.quarantined).status is Status.QUARANTINED
    whole, part = "".join(content(library)), "".join(export_jsonl(database, SCOPE))
    read = render(library.items()) + render_item(library.get(filled.quarantined))
    advice = advisory_block(library.items(), 10**6)
    assert filled.quarantined in whole
    assert filled.quarantined in read
    for text in (whole, part, read, advice):
        assert SECRET not in text
        assert SECRET[-12:] not in text


def test_vectors_are_left_out_and_made_again(database: Database) -> None:
    library = opened(database)
    fill(library)
    lines = content(library)
    assert not any("vector" in record or "embedder_id" in record for record in records(lines))
    with Database.in_memory(*MEMORY_TABLES) as target:
        import_jsonl(target, lines)
        assert item(opened(target), "For the IP address").id == item(library, "For the IP address").id


def test_an_export_goes_into_no_memory_that_holds_one(database: Database) -> None:
    library = opened(database)
    fill(library)
    lines = content(library)
    with pytest.raises(UserError, match="holds a memory already"):
        import_jsonl(database, lines)
    assert content(library) == lines
