"""How far the SQL engine answers as the benchmark's MySQL server did, by replay of logged statements.

The log holds what the real server answered to agents' statements. Rows can be compared only where the
recovered rows are the whole table; errors and table descriptions can always be compared.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmarks.excytin.benchmark import ExcytinBenchmark
from benchmarks.excytin.data import DataFolder
from benchmarks.sql.database import IncidentDatabase
from benchmarks.sql.engine import Engine
from benchmarks.sql.environment import show_rows
from benchmarks.sql.errors import MySqlError

_LOGGED_CHARACTERS = 1500
"""The log cuts observations here."""

_NEAR = re.compile(r"right syntax to use near '(?P<near>.*)' at line \d+$", re.DOTALL)
_ERROR = re.compile(r"\w+Error: ")
_SHOWS = re.compile(r"\s*(?:SHOW|DESC|DESCRIBE)\b", re.IGNORECASE)
_SOURCES = re.compile(
    r"\b(?:FROM|JOIN)\s+([^()]+?)(?=\b(?:WHERE|JOIN|ON|LEFT|GROUP|ORDER|LIMIT|UNION)\b|[()]|$)", re.I
)
_COMMENT = re.compile(r"(?:^|\s)--\s|#|/\*")
_OUT_OF_SYNC = "Commands out of sync"
_ERROR_KINDS = (
    ("Unknown column", "unknown column"),
    ("doesn't exist", "unknown table"),
    ("SQL syntax", "syntax"),
    ("Invalid JSON", "json"),
    ("only_full_group_by", "grouping"),
    ("is ambiguous", "ambiguous"),
    ("denied", "denied"),
    ("maximum statement execution time", "time limit"),
    ("incompatible with DISTINCT", "distinct order"),
    ("does not exist", "unknown function"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindReport:
    """Comparable statements whose logged result is of one kind; shares in [0, 1]."""

    comparable: int
    same_class: float
    same_text: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformanceReport:
    """`statements` were read, `comparable` of them replayed; shares in [0, 1] are of the comparable ones.

    Shares are None when nothing was comparable. `by_kind` goes by the kind of the logged result: `rows`,
    `empty`, or the kind of error.
    """

    statements: int
    comparable: int
    same_class: float | None
    same_class_count: int
    same_text: float | None
    same_text_count: int
    by_kind: Mapping[str, KindReport] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One comparable statement: what the server and the engine said (cut as the log is), and the kinds."""

    sql: str
    logged: str
    answered: str
    logged_kind: str
    answered_kind: str

    @property
    def same_class(self) -> bool:
        return self.logged_kind == self.answered_kind

    @property
    def same_text(self) -> bool:
        return self.logged == self.answered or _same_near(self.logged, self.answered)


class _LoggedStatement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sql: str
    obs: str
    obs_len: int


def conformance(
    data_dir: Path, cache_dir: Path, incidents: Sequence[int] | None = None, limit: int | None = None
) -> ConformanceReport:
    """Replay the logged statements of some incidents (all by default), `limit` of each, spread evenly.

    Statements are left out when their rows are not all known, when the log's folding of line ends into
    spaces changed their meaning (comments), or when the server was out of sync.

    Raises:
        UserError: no such data folder or incident, or a damaged log.
    """
    folder = DataFolder(data_dir)
    benchmark = ExcytinBenchmark(data_dir, cache_dir)
    statements, replayed = 0, list[Replayed]()
    for incident in incidents or folder.incidents:
        logged = _logged(folder, incident, limit)
        statements += len(logged)
        replayed += replay(benchmark.database(incident), logged, folder.known_totals(incident))
    return _report(statements, replayed)


def replay(
    database: IncidentDatabase, logged: Iterable[_LoggedStatement], known_totals: Mapping[str, int]
) -> Iterator[Replayed]:
    """Run the comparable statements on the database."""
    engine = Engine(database)
    try:
        whole = _whole_tables(engine, known_totals)
        for statement in logged:
            if not _is_comparable(statement, whole):
                continue
            answered = _answer(engine, statement.sql)
            yield Replayed(
                sql=statement.sql,
                logged=statement.obs,
                answered=answered[:_LOGGED_CHARACTERS],
                logged_kind=kind_of(statement.obs),
                answered_kind=kind_of(answered),
            )
    finally:
        engine.close()


def kind_of(observation: str) -> str:
    """`rows`, `empty`, or the kind of error that an observation tells."""
    if not _ERROR.match(observation):
        return "empty" if observation.strip() == "[]" else "rows"
    return next((kind for words, kind in _ERROR_KINDS if words in observation), "other error")


def _answer(engine: Engine, sql: str) -> str:
    try:
        return show_rows(engine.run(sql))
    except MySqlError as error:
        return error.text


def _logged(folder: DataFolder, incident: int, limit: int | None) -> list[_LoggedStatement]:
    path = folder.replay_path(incident)
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            texts = list(lines)
    except FileNotFoundError:
        raise folder.missing(path) from None
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise folder.damaged(path, error) from None
    stride = max(len(texts) // limit, 1) if limit else 1
    try:
        return [_LoggedStatement.model_validate_json(text) for text in texts[::stride][:limit]]
    except ValidationError as error:
        raise folder.damaged(path, error) from None


def _whole_tables(engine: Engine, known_totals: Mapping[str, int]) -> frozenset[str]:
    return frozenset(
        table
        for table, total in known_totals.items()
        if table in engine.catalog and engine.run(f"SELECT COUNT(*) FROM `{table}`") == [(total,)]
    )


def _is_comparable(statement: _LoggedStatement, whole: frozenset[str]) -> bool:
    if _OUT_OF_SYNC in statement.obs or _COMMENT.search(statement.sql):
        return False
    if _ERROR.match(statement.obs) or _SHOWS.match(statement.sql):
        return True
    return _tables_of(statement.sql) <= whole


def _tables_of(sql: str) -> set[str]:
    listed = (part for match in _SOURCES.finditer(sql) for part in match.group(1).split(","))
    return {part.split()[0].strip("`\"'").removeprefix("env_monitor_db.") for part in listed if part.strip()}


def _same_near(logged: str, answered: str) -> bool:
    """Syntax errors whose `near` texts agree but for line ends, which the log folded in statements only."""
    one, other = _NEAR.search(logged), _NEAR.search(answered)
    if one is None or other is None or logged[: one.start()] != answered[: other.start()]:
        return False
    nears = sorted((_fold(one["near"]), _fold(other["near"])), key=len)
    return nears[1].startswith(nears[0]) and (bool(nears[0]) or not nears[1])


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _report(statements: int, replayed: Sequence[Replayed]) -> ConformanceReport:
    groups: defaultdict[str, list[Replayed]] = defaultdict(list)
    for one in replayed:
        groups[one.logged_kind].append(one)
    classes, texts = sum(r.same_class for r in replayed), sum(r.same_text for r in replayed)
    ordered = sorted(groups.items(), key=lambda pair: -len(pair[1]))
    return ConformanceReport(
        statements=statements,
        comparable=len(replayed),
        same_class=_share(classes, len(replayed)),
        same_class_count=classes,
        same_text=_share(texts, len(replayed)),
        same_text_count=texts,
        by_kind={
            kind: KindReport(
                comparable=len(group),
                same_class=sum(r.same_class for r in group) / len(group),
                same_text=sum(r.same_text for r in group) / len(group),
            )
            for kind, group in ordered
        },
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
