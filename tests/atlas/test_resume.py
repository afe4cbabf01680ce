"""A run whose process is killed goes on: same result, nothing learned, shown or credited twice."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from atlas.agent import AtlasAgent
from atlas.checkpoints import SqliteCheckpoints
from atlas.config import AtlasConfig
from atlas.graph import build_graph
from atlas.judge import Judgement
from atlas.state import initial_state
from atlas.teacher import Review
from core.database import open_database
from core.episode import Episode, Lane, Task
from core.errors import ProviderError
from core.recorder import Recorder
from core.store import RunSpec, RunStore
from tests.atlas.parts import (
    ListRecorder,
    PlanStudent,
    SayingJudge,
    SayingTeacher,
    TableEnvironment,
    make_task,
)
from tests.atlas.worker import PLACES, TASKS, run

ROOT = Path(__file__).parents[2]
QUICK = ("recall", "attempt", "credit", "learn")


def ledger(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """What the run left in the database, without times, ids and the words of chance."""
    with sqlite3.connect(folder / "atlas.sqlite") as connection:

        def rows(sql: str) -> list[tuple[object, ...]]:
            return connection.execute(sql).fetchall()

        return {
            "exposures": rows("SELECT task_id, count(*) FROM exposures GROUP BY task_id ORDER BY 1"),
            "credits": rows(
                "SELECT task_id, count(*), sum(reward) FROM outcomes GROUP BY task_id ORDER BY 1"
            ),
            "evidence": rows("SELECT task_id, count(*) FROM evidence GROUP BY task_id ORDER BY 1"),
            "items": rows(
                "SELECT support, alpha, beta, count(*) FROM items GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
            ),
            "attempts": rows("SELECT task_key, number, status, answer FROM attempts ORDER BY 1, 2"),
            "steps": rows("SELECT task_key, attempt, count(*) FROM steps GROUP BY 1, 2 ORDER BY 1, 2"),
            "events": rows("SELECT task_key, kind, count(*) FROM events GROUP BY 1, 2 ORDER BY 1, 2"),
        }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, dict[str, object]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return asyncio.run(run(folder)), ledger(folder)


@pytest.mark.parametrize(
    "place", [p if p in QUICK else pytest.param(p, marks=pytest.mark.slow) for p in PLACES]
)
async def test_a_killed_run_goes_on(
    place: str, tmp_path: Path, undisturbed: tuple[object, dict[str, object]]
) -> None:
    command = [sys.executable, "-m", "tests.atlas.worker", str(tmp_path), place]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=30)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    before = ledger(tmp_path)
    assert len({key for key, *_ in before["attempts"]}) in (2, 3)

    outcomes = await run(tmp_path)
    expected_outcomes, expected = undisturbed
    assert [(o.answer, o.verdict, o.reward, len(o.episodes)) for o in outcomes] == [
        (o.answer, o.verdict, o.reward, len(o.episodes)) for o in expected_outcomes
    ]
    assert [o.episodes[0].task.id for o in outcomes] == [task.id for task in TASKS]
    after = ledger(tmp_path)
    for table, rows in expected.items():
        assert after[table] == rows, table


async def test_a_third_go_changes_nothing(tmp_path: Path) -> None:
    first = await run(tmp_path)
    before = ledger(tmp_path)
    assert await run(tmp_path) == first
    assert ledger(tmp_path) == before


async def test_a_task_stopped_before_its_first_node_began_starts_anew(tmp_path: Path) -> None:
    checkpoints, recorder = SqliteCheckpoints(tmp_path / "checkpoints.sqlite3"), ListRecorder()
    graph = build_graph(await checkpoints.open())
    thread = {"configurable": {"thread_id": f"{recorder.run_id}/{recorder.task_key}"}}
    await graph.aupdate_state(thread, initial_state(), as_node="learn")
    left = await graph.aget_state(thread)
    assert left.values["lane"] == ""
    assert not left.next, "an input and nothing to go on with, as an interrupt leaves it"
    config = AtlasConfig(lane=Lane.AUTO)
    agent = AtlasAgent(PlanStudent(), SayingTeacher(), SayingJudge(), None, config, checkpoints)
    outcome = await agent.work(make_task(), TableEnvironment(), recorder)
    await agent.close()
    assert outcome.lane is Lane.AUTO
    assert outcome.answer is not None


class Broken(SayingJudge):
    """Fails at first, as an endpoint does."""

    async def judge(self, task: Task, episode: Episode, review: Review, recorder: Recorder) -> Judgement:
        self.reward, reward = 1.0, self.reward
        if reward is None:
            raise ProviderError(f"401 for {SECRET_KEY}")
        return await super().judge(task, episode, review, recorder)


SECRET_KEY = "q7Zp0LxV3nRt8KdW1yBc"


@pytest.mark.parametrize("stopped", [True, False])
async def test_a_task_whose_answer_was_kept_without_its_secret_is_worked_again(
    tmp_path: Path, stopped: bool
) -> None:
    """Stopped in its middle, or ended without a score: what is scored is what was answered."""
    student = PlanStudent(("SELECT ip FROM alerts", f"the key {SECRET_KEY}"))
    checkpoints = SqliteCheckpoints(tmp_path / "checkpoints.sqlite3")
    config = AtlasConfig(lane=Lane.AUTO)
    with open_database(f"sqlite:///{tmp_path / 'atlas.sqlite3'}") as database:
        store = RunStore(database)
        run_id, task = store.create(RunSpec(name="run", config={})), make_task()
        store.add_tasks(run_id, [(task.id, task)])
        judge = Broken(None if stopped else 1.0)
        agent = AtlasAgent(student, SayingTeacher(), judge, None, config, checkpoints, store=store)
        for go in range(2):
            if stopped and go == 0:
                with pytest.raises(ProviderError):
                    await agent.work(task, TableEnvironment(), store.recorder(run_id, task.id))
                continue
            outcome = await agent.work(task, TableEnvironment(), store.recorder(run_id, task.id))
            assert (outcome.answer, outcome.reward) == (f"the key {SECRET_KEY}", 1.0)
        await agent.close()
        kept = store.episode(run_id, task.id, 0)
    assert kept is not None
    assert kept.answer == "the key [secret]"
    assert len(student.seen) == 2
    for path in tmp_path.iterdir():
        assert SECRET_KEY.encode() not in path.read_bytes()
