"""Options that several commands share, and what their words mean."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserError

if TYPE_CHECKING:
    from benchmarks.task import Benchmark
    from core.settings import Settings


class BenchmarkName(StrEnum):
    EXCYTIN = "excytin"
    SYNTHETIC = "synthetic"


class MemoryWord(StrEnum):
    OFF = "off"
    ON = "on"
    FROZEN = "frozen"


class FeedbackWord(StrEnum):
    JUDGE = "judge"
    SCORE = "score"


class LaneWord(StrEnum):
    AUTO = "auto"
    PAIRED = "paired"
    COACH = "coach"
    STEPWISE = "stepwise"
    ROUTE = "route"


Data = Annotated[
    Path | None, typer.Option("--data", help="Folder of the ExCyTIn data; or set ATLAS_DATA_FOLDER.")
]
Student = Annotated[
    str,
    typer.Option(
        help="SPEC: offline, provider/model, local:FILE.gguf, python:module:callable, http:URL, replay:FILE."
    ),
]
Teacher = Annotated[str, typer.Option(help="SPEC: offline, or a model.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Seed = Annotated[int, typer.Option(help="Seed of whatever is random.")]

SYNTHETIC_INCIDENTS = 8


def open_benchmark(
    name: BenchmarkName,
    data: Path | None,
    settings: Settings,
    *,
    seed: int,
    incidents: int = SYNTHETIC_INCIDENTS,
) -> Benchmark:
    """The benchmark; nothing is written before its first environment is made.

    Raises:
        UserError: ExCyTIn without a data folder, or with one that is none.
    """
    cache = settings.home / "cache"
    if name is BenchmarkName.SYNTHETIC:
        from benchmarks.synthetic.benchmark import SyntheticBenchmark

        return SyntheticBenchmark(seed=seed, incidents=incidents, cache_dir=cache)
    folder = data or settings.data_folder
    if folder is None:
        raise UserError("the excytin benchmark needs its data: give --data DIR or set ATLAS_DATA_FOLDER")
    from benchmarks.excytin.benchmark import ExcytinBenchmark

    return ExcytinBenchmark(folder, cache)


def check_incidents(bench: Benchmark, incidents: Iterable[int]) -> None:
    """Raises:
    UserError: an incident that the benchmark does not have.
    """
    for incident in incidents:
        if incident not in bench.groups:
            raise UserError(f"no incident {incident} here: choose from {', '.join(map(str, bench.groups))}")


def check_rows(name: BenchmarkName, data: Path | None, settings: Settings, incidents: Iterable[int]) -> None:
    """Read all rows of the incidents (some 50 ms each), so that damage is found before anything is written.

    Raises:
        UserError: a rows file is damaged; the message names it.
    """
    folder = data or settings.data_folder
    if name is not BenchmarkName.EXCYTIN or folder is None:
        return
    from benchmarks.excytin.data import DataFolder

    source = DataFolder(folder)
    for incident in incidents:
        for table in source.tables(incident, "alert"):
            if any(len(row) != len(table.columns) for row in table.rows):
                path = source.rows_path(incident, table.name)
                raise UserError(f"{path} is damaged (a row of another length): fetch the data again")
