"""Takes papers into the corpus file: those that share a key become one, in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, bindparam, delete, func, select, update

from ideation.corpus.identity import Key, id_key
from ideation.corpus.paper import Candidate, Paper, merged
from ideation.corpus.rows import paper_of, row_of
from ideation.corpus.tables import keys, marks, papers, records, vectors

BATCH = 2_000
"""Candidates of one transaction."""
_MOST_PARAMETERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of the candidates: `new + changed + unchanged + merged_away` papers were touched.

    `merged_away` counts papers of the file that turned out to be another's twin.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    merged_away: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(
            new=self.new + other.new,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            merged_away=self.merged_away + other.merged_away,
        )


@dataclass(slots=True)
class _Group:
    """Candidates and stored papers that are one paper."""

    numbers: set[int]
    candidates: list[Candidate]


def in_batches(candidates: Iterable[Candidate]) -> Iterable[list[Candidate]]:
    source = iter(candidates)
    while batch := list(islice(source, BATCH)):
        yield batch


def add_batch(connection: Connection, candidates: Sequence[Candidate]) -> Added:
    """Write one batch in the transaction of the connection."""
    known = _numbers_of(connection, {key for each in candidates for key in each.keys})
    groups = _grouped(candidates, known)
    stored = _stored(connection, {number for group in groups for number in group.numbers})
    next_number = (connection.scalar(select(func.max(papers.c.number))) or 0) + 1
    new: list[tuple[int, Paper]] = []
    changed: list[tuple[int, Paper, bool]] = []
    gone: list[int] = []
    new_keys: dict[Key, int] = {}
    unchanged = 0
    for group in groups:
        before = [stored[number] for number in sorted(group.numbers)]
        paper = merged([*before, *(each.paper for each in group.candidates)])
        if before:
            number = min(group.numbers)
            gone += sorted(group.numbers - {number})
            old = stored[number]
            if paper == old:
                unchanged += 1
            else:
                changed.append((number, paper, (paper.title, paper.abstract) != (old.title, old.abstract)))
        else:
            number, next_number = next_number, next_number + 1
            new.append((number, paper))
        for each in group.candidates:
            new_keys.update(dict.fromkeys((*each.keys, id_key(each.paper.id)), number))
        new_keys.update({id_key(each.id): number for each in before})
    survivors = {number: min(group.numbers) for group in groups for number in group.numbers}
    _remove(connection, gone, survivors, new_keys)
    _write(connection, new, changed)
    _write_keys(connection, new_keys)
    if new or changed or gone:
        connection.execute(update(marks).where(marks.c.name == "state").values(value=marks.c.value + 1))
    return Added(new=len(new), changed=len(changed), unchanged=unchanged, merged_away=len(gone))


def _grouped(candidates: Sequence[Candidate], known: dict[Key, int]) -> list[_Group]:
    """The connected parts of the graph of candidates, keys and stored papers."""
    groups: list[_Group | None] = []
    by_key: dict[Key, int] = {}
    by_number: dict[int, int] = {}
    for each in candidates:
        numbers = {known[key] for key in each.keys if key in known}
        touched = {by_key[key] for key in each.keys if key in by_key}
        touched |= {by_number[number] for number in numbers if number in by_number}
        home = min(touched, default=len(groups))
        if home == len(groups):
            groups.append(_Group(numbers=set(), candidates=[]))
        target = groups[home]
        assert target is not None
        target.numbers |= numbers
        target.candidates.append(each)
        for other in sorted(touched - {home}):
            absorbed = groups[other]
            assert absorbed is not None
            target.numbers |= absorbed.numbers
            target.candidates += absorbed.candidates
            for one in absorbed.candidates:
                by_key.update(dict.fromkeys(one.keys, home))
            groups[other] = None
        by_key.update(dict.fromkeys(each.keys, home))
        by_number.update(dict.fromkeys(target.numbers, home))
    return [group for group in groups if group is not None]


def _numbers_of(connection: Connection, wanted: set[Key]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    ordered = sorted(wanted)
    query = select(keys.c.key, keys.c.number).where(keys.c.key.in_(bindparam("wanted", expanding=True)))
    for start in range(0, len(ordered), _MOST_PARAMETERS):
        rows = connection.execute(query, {"wanted": ordered[start : start + _MOST_PARAMETERS]})
        found.update({Key(key): number for key, number in rows})
    return found


def _stored(connection: Connection, numbers: set[int]) -> dict[int, Paper]:
    if not numbers:
        return {}
    found = connection.execute(select(papers).where(papers.c.number.in_(sorted(numbers)))).mappings()
    return {row["number"]: paper_of(row) for row in found}


def _remove(
    connection: Connection, gone: Sequence[int], survivors: dict[int, int], new_keys: dict[Key, int]
) -> None:
    """Take twins away; their keys and records pass to the survivor."""
    if not gone:
        return
    for key, number in connection.execute(select(keys.c.key, keys.c.number).where(keys.c.number.in_(gone))):
        new_keys.setdefault(Key(key), survivors[number])
    connection.execute(delete(papers).where(papers.c.number.in_(gone)))


def _write(
    connection: Connection, new: Sequence[tuple[int, Paper]], changed: Sequence[tuple[int, Paper, bool]]
) -> None:
    if new:
        connection.execute(papers.insert(), [dict(row_of(number, paper)) for number, paper in new])
    for number, paper, text_changed in changed:
        row = row_of(number, paper)
        if not text_changed:  # the phrase index looks at title and abstract only where they change
            values = {name: value for name, value in row.items() if name not in ("title", "abstract")}
        else:
            values = dict(row)
            connection.execute(delete(vectors).where(vectors.c.number == number))
        connection.execute(update(papers).where(papers.c.number == number).values(values))
    told = [(number, paper) for number, paper in new] + [(number, paper) for number, paper, _ in changed]
    rows = [
        {"source": each.source, "record_id": each.record_id, "number": number}
        for number, paper in told
        for each in paper.sources
        if each.record_id
    ]
    if rows:
        connection.execute(records.insert().prefix_with("OR IGNORE"), rows)


def _write_keys(connection: Connection, new_keys: dict[Key, int]) -> None:
    rows = [{"key": key, "number": number} for key, number in sorted(new_keys.items())]
    if rows:
        connection.execute(keys.insert().prefix_with("OR REPLACE"), rows)
