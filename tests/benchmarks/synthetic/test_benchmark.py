from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.synthetic.benchmark import SyntheticBenchmark
from benchmarks.synthetic.incident import build_incident, trap_slots
from benchmarks.synthetic.traps import TRAPS, Trap
from benchmarks.task import Benchmark, GoldAnswer, Question, Score, Scorer, Split
from core.episode import SUBMIT, Action, Environment
from core.errors import LimitReached, UserError

SEED = 12


class Opener(Scorer):
    """Opens golds for the tests."""

    async def score(self, question: Question, answer: str | None) -> Score:
        return Score.unscored("not asked")

    def open(self, question: Question) -> GoldAnswer:
        return question.gold.reveal_to(self)


@pytest.fixture(scope="module")
def benchmark_(tmp_path_factory: pytest.TempPathFactory) -> SyntheticBenchmark:
    return SyntheticBenchmark(seed=SEED, incidents=4, cache_dir=tmp_path_factory.mktemp("synthetic"))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.code)
async def test_traps_hold_in_the_engine(benchmark_: SyntheticBenchmark, trap: Trap, number: int) -> None:
    slots = trap_slots(build_incident(SEED, number))
    question = benchmark_.questions((number,), Split.TEST)[0]
    environment: Environment = benchmark_.environment(question, max_steps=5)
    await environment.reset(question.task)
    careless = await environment.step(Action(tool="sql", text=trap.careless.format(**slots)))
    careful = await environment.step(Action(tool="sql", text=trap.careful.format(**slots)))
    await environment.close()
    assert (careless.is_error, careless.text == "[]") == (trap.fails == "error", trap.fails == "empty")
    assert not careful.is_error
    assert careful.rows


async def test_answers_score_and_wrong_ones_do_not(benchmark_: SyntheticBenchmark) -> None:
    opener = Opener()
    face: Benchmark = benchmark_
    for number in face.groups:
        for question in face.questions((number,), Split.TEST):
            gold = opener.open(question).answer
            assert (await face.scorer.score(question, f"The answer is {gold}.")).success, question.task.id
            assert not (await face.scorer.score(question, "198.51.100.7")).success
            assert not (await face.scorer.score(question, None)).success


async def test_a_student_that_knows_the_way_finds_the_answer(benchmark_: SyntheticBenchmark) -> None:
    """From an Identity Protection alert to its address: VendorOriginalId is the risk event's Id."""
    opener = Opener()
    questions = [
        q for q in benchmark_.questions((1, 2, 3, 4), Split.TEST) if "in_AADUserRiskEvents" in q.flags
    ]
    assert questions
    for question in questions:
        incident = build_incident(SEED, int(question.task.group.removeprefix("incident_")))
        alert = incident.graph.alerts[int(question.task.id.rsplit("-", 1)[1])]
        environment = benchmark_.environment(question, max_steps=2)
        sql = (
            "SELECT r.IpAddress FROM SecurityAlert a JOIN AADUserRiskEvents r ON r.Id = a.VendorOriginalId"
            f" WHERE a.SystemAlertId = '{alert.system_id}'"
        )
        seen = await environment.step(Action(tool="sql", text=sql))
        assert seen.text == f"[('{opener.open(question).answer}',)]"
        await environment.step(Action(tool=SUBMIT, text="done"))
        with pytest.raises(LimitReached):
            await environment.step(Action(tool="sql", text="SELECT 1"))
        await environment.close()


def test_databases_are_found_again_in_the_cache(tmp_path: Path) -> None:
    first = SyntheticBenchmark(seed=3, incidents=1, cache_dir=tmp_path).database(1).path
    before = first.read_bytes()
    assert SyntheticBenchmark(seed=3, incidents=1, cache_dir=tmp_path).database(1).path == first
    assert first.read_bytes() == before
    assert SyntheticBenchmark(seed=4, incidents=1, cache_dir=tmp_path).database(1).path != first


def test_without_a_cache_the_databases_go_with_the_benchmark() -> None:
    benchmark = SyntheticBenchmark(seed=3, incidents=1)
    path = benchmark.database(1).path
    assert path.exists()
    del benchmark
    assert not path.exists()


def test_questions_are_the_same_for_a_seed_and_others_for_another() -> None:
    def prompts(seed: int) -> list[str]:
        benchmark = SyntheticBenchmark(seed=seed, incidents=2, questions_per_incident=10)
        return [question.task.prompt for split in Split for question in benchmark.questions((1, 2), split)]

    assert prompts(1) == prompts(1)
    assert not set(prompts(1)) & set(prompts(2))


def test_wrong_use_is_refused_with_a_reason() -> None:
    with pytest.raises(UserError, match="no synthetic incident 9"):
        SyntheticBenchmark(incidents=2).questions((9,), Split.TEST)
    with pytest.raises(UserError, match="at least one incident"):
        SyntheticBenchmark(incidents=0)
    with pytest.raises(UserError, match="at least 1000 rows"):
        SyntheticBenchmark(rows=10)
