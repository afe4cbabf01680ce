"""How long an incident of 3,000 rows takes: run with `pytest tests/benchmarks/synthetic/bench_build.py`."""

from __future__ import annotations

from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.synthetic.incident import build_incident
from benchmarks.synthetic.questions import incident_questions


def test_build_rows(benchmark: BenchmarkFixture) -> None:
    incident = benchmark(build_incident, 7, 1, 3000)
    assert incident.rows == 3000
    assert benchmark.stats.stats.median < 2.0


def test_build_questions(benchmark: BenchmarkFixture) -> None:
    halves = benchmark(incident_questions, build_incident(7, 1), 48)
    assert sum(map(len, halves.values())) == 48
    assert benchmark.stats.stats.median < 2.0
