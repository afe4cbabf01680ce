"""The synthetic benchmark: incidents 1 to N of a seed, behind the same face as ExCyTIn-Bench."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from benchmarks.sql.database import IncidentDatabase, Table, build_database, digest_of
from benchmarks.sql.environment import SqlEnvironment
from benchmarks.synthetic.incident import GENERATOR_VERSION, MIN_ROWS, Incident, build_incident
from benchmarks.synthetic.questions import incident_questions
from benchmarks.synthetic.schema import schemas
from benchmarks.task import Question, Scorer, Split
from core.errors import UserError

DEFAULT_INCIDENTS = 8
DEFAULT_QUESTIONS = 48


class SyntheticBenchmark:
    """Incidents 1 to `incidents` of a seed, `rows` log rows each, at most `questions_per_incident` questions.

    Questions are made in memory. Databases are built when they are first needed: under `cache_dir`, where
    they are found again, or in a temporary folder that goes with the process.

    Raises:
        UserError: no incidents, no questions, or fewer rows than an incident needs.
    """

    name = "synthetic"
    note = "invented incidents with the real schema: figures do not compare with those of real logs"

    def __init__(
        self,
        *,
        seed: int = 0,
        incidents: int = DEFAULT_INCIDENTS,
        rows: int = 3000,
        questions_per_incident: int = DEFAULT_QUESTIONS,
        cache_dir: Path | None = None,
    ) -> None:
        if incidents < 1 or questions_per_incident < 2:
            raise UserError("a synthetic benchmark needs at least one incident and two questions for each")
        if rows < MIN_ROWS:
            raise UserError(f"a synthetic incident needs at least {MIN_ROWS} rows, not {rows}")
        self.seed, self.rows = seed, rows
        self.questions_per_incident = questions_per_incident
        self.groups = tuple(range(1, incidents + 1))
        self._cache_dir = cache_dir
        self._incidents: dict[int, Incident] = {}
        self._questions: dict[int, dict[Split, tuple[Question, ...]]] = {}
        self._databases: dict[int, IncidentDatabase] = {}

    @property
    def question_set(self) -> str:
        return f"synthetic v{GENERATOR_VERSION}, seed {self.seed}, {self.rows} rows"

    @cached_property
    def scorer(self) -> Scorer:
        """The same rule as for ExCyTIn-Bench."""
        from benchmarks.excytin.scoring import OfficialScorer

        return OfficialScorer()

    def questions(self, groups: Sequence[int], split: Split) -> tuple[Question, ...]:
        """The questions of the incidents in a fixed order.

        Raises:
            UserError: an unknown incident.
        """
        for number in groups:
            self._check(number)
        return tuple(question for number in groups for question in self._made(number)[split])

    def environment(self, question: Question, max_steps: int) -> SqlEnvironment:
        """A fresh environment over the logs of the question's incident."""
        number = int(question.task.group.removeprefix("incident_"))
        self._check(number)
        return SqlEnvironment(self.database(number), max_steps=max_steps)

    def database(self, number: int) -> IncidentDatabase:
        """The incident's database, built on the first call."""
        if number not in self._databases:
            self._databases[number] = self._build(self._incident(number))
        return self._databases[number]

    def _check(self, number: int) -> None:
        if number not in self.groups:
            raise UserError(f"no synthetic incident {number}: choose from 1 to {len(self.groups)}")

    def _made(self, number: int) -> dict[Split, tuple[Question, ...]]:
        if number not in self._questions:
            self._questions[number] = incident_questions(self._incident(number), self.questions_per_incident)
        return self._questions[number]

    def _incident(self, number: int) -> Incident:
        if number not in self._incidents:
            self._incidents[number] = build_incident(self.seed, number, self.rows)
        return self._incidents[number]

    def _build(self, incident: Incident) -> IncidentDatabase:
        folder = self._cache_dir or self._temporary
        name = f"synthetic-v{GENERATOR_VERSION}-s{self.seed}-i{incident.number}-r{self.rows}.sqlite"
        path = folder / name
        tables = [
            Table(name=table, columns=schemas()[table], rows=rows) for table, rows in incident.tables.items()
        ]
        return build_database(path, tables, digest=digest_of(repr(incident.tables)))

    @cached_property
    def _temporary(self) -> Path:
        folder = tempfile.mkdtemp(prefix="atlas-synthetic-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)
