"""`ExcytinBenchmark`: the paper's questions over the rows that are known of each incident."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from benchmarks.excytin.data import DataFolder
from benchmarks.excytin.scoring import OfficialScorer
from benchmarks.sql.database import IncidentDatabase, build_database, digest_of
from benchmarks.sql.environment import SqlEnvironment
from benchmarks.task import Question, Scorer, Split
from core.errors import UserError


class ExcytinBenchmark:
    """Questions o1/v0 over recon rows loaded into SQLite files under `cache_dir`.

    Raises:
        UserError: the data folder is missing or is not one.
    """

    name = "excytin"
    question_set = "excytin o1/v0 over recon rows"
    note = (
        "recon rows are part of the incident databases, biased to what agents looked at: easier than the "
        "full database, so these scores do not compare with the leaderboard"
    )

    def __init__(self, data_dir: Path, cache_dir: Path, *, layer: str = "alert") -> None:
        self._data = DataFolder(data_dir)
        self._cache_dir, self._layer = cache_dir, layer
        self._databases: dict[int, IncidentDatabase] = {}

    @property
    def groups(self) -> tuple[int, ...]:
        return self._data.incidents

    @cached_property
    def scorer(self) -> Scorer:
        return OfficialScorer()

    def questions(self, groups: Sequence[int], split: Split) -> tuple[Question, ...]:
        for group in groups:
            if group not in self.groups:
                known = ", ".join(map(str, self.groups))
                raise UserError(f"no incident {group} in the data: choose from {known}")
        return tuple(q for group in groups for q in self._data.questions(group, split))

    def environment(self, question: Question, max_steps: int) -> SqlEnvironment:
        incident = int(question.task.group.removeprefix("incident_"))
        return SqlEnvironment(self.database(incident), max_steps=max_steps)

    def database(self, incident: int) -> IncidentDatabase:
        """The incident's database, built on first use and found again by the digest of its source."""
        if incident not in self._databases:
            stamps = [
                f"{p.name}:{p.stat().st_size}:{p.stat().st_mtime_ns}"
                for p in self._data.source_files(incident)
            ]
            names = self._data.table_names(incident, self._layer)
            path = self._cache_dir / f"excytin-{incident}-{self._layer}.sqlite"
            tables = self._data.tables(incident, self._layer)
            self._databases[incident] = build_database(path, tables, digest=digest_of(*names, *stamps))
        return self._databases[incident]
