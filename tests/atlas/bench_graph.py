"""Our own time a graph step: `python -m pytest tests/atlas/bench_graph.py`. It must stay under 10 ms.

The parts answer at once, so all that is measured is the graph, its checkpoints, the memory and the recorder.
"""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from atlas.agent import AtlasAgent
from atlas.checkpoints import Checkpoints, MemoryCheckpoints, SqliteCheckpoints
from atlas.config import AtlasConfig
from atlas.students.actions import ActionMode
from atlas.students.llm import LlmStudent, LlmStudentConfig
from atlas.teacher import Review
from core.chat import ChatRequest
from core.database import open_database
from core.episode import Verdict
from core.models.scripted import ScriptedModel
from core.store import RunSpec, RunStore
from memory.embedding.lexical import LexicalEmbedder
from memory.library import PamphletLibrary
from tests.atlas.parts import SayingJudge, SayingTeacher, TableEnvironment, draft, make_task

NODES = 13
"""Twelve nodes from triage to learn with the retry, and the start."""


def script(request: ChatRequest) -> str:
    asked = len(request.messages) == 2
    tool, text = ("sql", "SELECT ip FROM alerts") if asked else ("submit", "198.51.100.1")
    return f'{{"thought": "t", "tool": "{tool}", "text": "{text}"}}'


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_guided_task_with_learning(benchmark: BenchmarkFixture, tmp_path: Path, kind: str) -> None:
    numbers = itertools.count()
    rejected = Review(verdict=Verdict.REJECTED, notes=("Check the direction.",))
    checkpoints: Checkpoints = (
        SqliteCheckpoints(tmp_path / "checkpoints.sqlite") if kind == "sqlite" else MemoryCheckpoints()
    )
    with open_database(f"sqlite:///{tmp_path / 'atlas.sqlite'}") as database, asyncio.Runner() as runner:
        store = RunStore(database)
        run_id = store.create(RunSpec(name="bench", config={}))
        agent = AtlasAgent(
            LlmStudent(ScriptedModel(script), LlmStudentConfig(mode=ActionMode.SCHEMA)),
            SayingTeacher(rejected, drafts=[draft()]),
            SayingJudge(),
            PamphletLibrary(database, LexicalEmbedder()),
            AtlasConfig(),
            checkpoints,
            store=store,
        )

        def one() -> None:
            task = make_task(f"t{next(numbers)}")
            store.add_tasks(run_id, [(task.id, task)])
            recorder = store.recorder(run_id, task.id)
            outcome = runner.run(agent.work(task, TableEnvironment(), recorder))
            assert len(outcome.episodes) == 2

        benchmark.pedantic(one, rounds=30, warmup_rounds=3)
        runner.run(agent.close())
    benchmark.extra_info["ms_per_step"] = benchmark.stats.stats.median * 1000 / NODES
    assert benchmark.stats.stats.median / NODES < 0.010
