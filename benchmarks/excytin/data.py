"""Reads the benchmark's data folder: questions, table lists, rows. Gold is shut away where it is read."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from benchmarks.sql.database import Table
from benchmarks.task import GoldAnswer, Question, Split
from core.episode import Task, TaskId
from core.errors import UserError
from core.gold import Gold

_T = TypeVar("_T")

SCOPE = "excytin/soc"
_QUESTION_FOLDER = Path("questions") / "o1_v0"
_FALLBACK_COLUMNS = ("TenantId", "TimeGenerated", "SourceSystem", "Type")
"""Columns of a table that is listed but of which no columns are known; every table of the logs has these."""


class _QuestionRow(BaseModel):
    """One question as the file has it; ids are nodes of the incident's graph."""

    model_config = ConfigDict(extra="forbid")

    context: str | dict[str, object]
    question: str
    answer: str
    solution: list[str]
    start_alert: int
    end_alert: int
    start_entities: list[int]
    end_entities: list[int]
    shortest_alert_path: list[int]


class _SchemaVersion(BaseModel):
    """Columns of a table in some incidents."""

    model_config = ConfigDict(extra="ignore")

    columns: list[str]
    seen_in: list[str] = Field(default_factory=list)


class _TableHead(BaseModel):
    model_config = ConfigDict(extra="forbid")

    columns: list[str]
    known_total: int | None


_ROW = TypeAdapter(tuple[str | None, ...])


class DataFolder:
    """The folder as its README describes it.

    Raises:
        UserError: no such folder, or one without questions and rows.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        if not root.is_dir():
            raise UserError(f"no data folder {root}: give the folder of the ExCyTIn data with --data")
        for part in (_QUESTION_FOLDER, Path("recon_rows"), Path("mined")):
            if not (root / part).is_dir():
                raise UserError(f"{root} is no ExCyTIn data folder: {part} is missing")

    @cached_property
    def incidents(self) -> tuple[int, ...]:
        """Incidents that have rows, ascending."""
        found = sorted(
            int(p.name.removeprefix("incident_")) for p in (self.root / "recon_rows").glob("incident_*")
        )
        if not found:
            raise UserError(f"{self.root / 'recon_rows'} holds no incident")
        return tuple(found)

    def questions(self, incident: int, split: Split) -> tuple[Question, ...]:
        """Questions of an incident in the file's order.

        Raises:
            UserError: the file is missing or damaged; the message names the entry and the key.
        """
        path = self.root / _QUESTION_FOLDER / split.value / f"incident_{incident}_qa_incident_o1-ga_c42.json"
        rows = self._json(path)
        if not isinstance(rows, list):
            raise UserError(f"{path}: expected a list of questions")
        seen: dict[str, int] = {}
        return tuple(
            self._question(path, number, row, incident, split, seen) for number, row in enumerate(rows)
        )

    def tables(self, incident: int, layer: str) -> Iterator[Table]:
        """The tables of an incident's layer with the rows that are known; one without rows is empty.

        Raises:
            UserError: a rows file is damaged.
        """
        for name in self.table_names(incident, layer):
            path = self.rows_path(incident, name)
            if path.exists():
                yield self._read_rows(path, name)
            else:
                yield Table(name=name, columns=self._columns(name, incident))

    def table_names(self, incident: int, layer: str) -> tuple[str, ...]:
        listed = self._layers.get(f"{incident}|incident_db|{layer}")
        if listed is None:
            raise UserError(f"no table list for incident {incident}, layer {layer}")
        return tuple(listed)

    def rows_path(self, incident: int, table: str) -> Path:
        return self.root / "recon_rows" / f"incident_{incident}" / f"{table}.jsonl.gz"

    def known_totals(self, incident: int) -> Mapping[str, int]:
        """How many rows the real tables have, where it is known."""
        return self._totals.get(str(incident), {})

    def replay_path(self, incident: int) -> Path:
        return self.root / "replay_cache" / f"incident_{incident}.jsonl.gz"

    def source_files(self, incident: int) -> tuple[Path, ...]:
        folder = self.root / "recon_rows" / f"incident_{incident}"
        return tuple(sorted(folder.glob("*.jsonl.gz")))

    @staticmethod
    def damaged(path: Path, error: Exception) -> UserError:
        return UserError(f"{path} is damaged ({type(error).__name__}): fetch the data again")

    @staticmethod
    def missing(path: Path) -> UserError:
        return UserError(f"{path} is missing: fetch the data again")

    def _question(
        self, path: Path, number: int, row: object, incident: int, split: Split, seen: dict[str, int]
    ) -> Question:
        try:
            read = _QuestionRow.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "entry"
            raise UserError(
                f"{path}, question {number}: {key}: {first['msg'].lower()}; restore the file"
            ) from None
        pair = f"{read.start_alert}-{read.end_alert}"
        seen[pair] = seen.get(pair, 0) + 1
        name = pair if seen[pair] == 1 else f"{pair}.{seen[pair]}"
        task = Task(
            id=TaskId(f"excytin/{incident}/{split.value}/{name}"),
            prompt=f"{read.context} {read.question}",
            scope=SCOPE,
            group=f"incident_{incident}",
        )
        gold = Gold(GoldAnswer(answer=read.answer, solution=tuple(read.solution)))
        hops = len(read.shortest_alert_path) // 2
        return Question(task=task, gold=gold, flags=frozenset({f"hops_{hops}"}))

    def _read_rows(self, path: Path, name: str) -> Table:
        try:
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                head = _TableHead.model_validate_json(next(lines))
                rows = [_ROW.validate_json(line) for line in lines]
        except (OSError, EOFError, zlib.error, ValueError, StopIteration) as error:
            raise self.damaged(path, error) from None
        return Table(name=name, columns=tuple(head.columns), rows=rows)

    def _columns(self, table: str, incident: int) -> tuple[str, ...]:
        versions = self._schemas.get(table)
        if not versions:
            return _FALLBACK_COLUMNS
        fitting = [v for v in versions if str(incident) in v.seen_in] or versions
        return tuple(fitting[0].columns)

    @cached_property
    def _layers(self) -> Mapping[str, list[str]]:
        return self._read("tables_by_incident_and_layer.json", TypeAdapter(dict[str, list[str]]))

    @cached_property
    def _schemas(self) -> Mapping[str, list[_SchemaVersion]]:
        return self._read("schemas.json", TypeAdapter(dict[str, list[_SchemaVersion]]))

    @cached_property
    def _totals(self) -> Mapping[str, dict[str, int]]:
        return self._read("rowcounts_known.json", TypeAdapter(dict[str, dict[str, int]]))

    def _read(self, name: str, shape: TypeAdapter[_T]) -> _T:
        path = self.root / "mined" / name
        try:
            return shape.validate_python(self._json(path))
        except ValidationError as error:
            raise self.damaged(path, error) from None

    def _json(self, path: Path) -> object:
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise self.missing(path) from None
        except (OSError, ValueError) as error:
            raise UserError(f"{path} cannot be read: {error}") from None
