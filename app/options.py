"""Options that several commands share, and what their words mean."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserError

if TYPE_CHECKING:
    from app.house import House
    from benchmarks.task import Benchmark


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
    name: BenchmarkName, data: Path | None, house: House, *, seed: int, incidents: int = SYNTHETIC_INCIDENTS
) -> Benchmark:
    """Raises:
    UserError: ExCyTIn without a data folder, or with a damaged one.
    """
    cache = house.settings.home / "cache"
    if name is BenchmarkName.SYNTHETIC:
        from benchmarks.synthetic.benchmark import SyntheticBenchmark

        return SyntheticBenchmark(seed=seed, incidents=incidents, cache_dir=cache)
    folder = data or house.settings.data_folder
    if folder is None:
        raise UserError("the excytin benchmark needs its data: give --data DIR or set ATLAS_DATA_FOLDER")
    from benchmarks.excytin.benchmark import ExcytinBenchmark

    return ExcytinBenchmark(folder, cache)


def check_data(name: BenchmarkName, data: Path | None) -> None:
    """Refuse a data folder that is not there before anything is written.

    Raises:
        UserError: no such folder, or not one of ExCyTIn.
    """
    if name is BenchmarkName.EXCYTIN and data is not None:
        from benchmarks.excytin.data import DataFolder

        DataFolder(data)
