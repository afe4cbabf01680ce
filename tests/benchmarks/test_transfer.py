from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from benchmarks.baselines import BareAgent
from benchmarks.transfer import Fold, TransferPlan, leave_one_out, transfer
from core.budget import BudgetLimits
from core.database import Database
from core.episode import Agent, Environment, Feedback, Outcome, Task
from core.errors import UserError
from core.recorder import Recorder
from core.store import RunStore
from tests.benchmarks.counting import CountingBenchmark, FunctionStudent, double


@dataclass
class Notes:
    """A memory: the tasks that were learned, in order."""

    learned: list[str] = field(default_factory=list)


class NotingAgent(BareAgent):
    """Right once enough was learned; writes only when it may."""

    def __init__(self, notes: Notes, *, may_write: bool, enough: int) -> None:
        self.notes, self.may_write, self.closed = notes, may_write, False

        async def answer(task: Task, recorder: Recorder) -> str | None:
            even = int(task.prompt.split()[1]) % 2 == 0
            return double(task) if even or len(notes.learned) >= enough else "0"

        super().__init__(FunctionStudent(answer, looks=1 if len(notes.learned) >= enough else 3))

    async def work(
        self, task: Task, environment: Environment, recorder: Recorder, feedback: Feedback | None = None
    ) -> Outcome:
        outcome = await super().work(task, environment, recorder, feedback)
        if self.may_write:
            self.notes.learned.append(task.id)
        return outcome

    async def close(self) -> None:
        self.closed = True


class NotingLaboratory:
    def __init__(self, enough: int = 4) -> None:
        self.enough, self.memories = enough, list[Notes]()
        self.agents: list[NotingAgent] = []
        self.off_runs = 0

    def blank(self) -> Notes:
        self.memories.append(Notes())
        return self.memories[-1]

    def learner(self, memory: Notes, seed: int) -> Agent:
        return self._made(NotingAgent(memory, may_write=True, enough=self.enough))

    def frozen(self, memory: Notes, seed: int) -> Agent:
        return self._made(NotingAgent(memory, may_write=False, enough=self.enough))

    def off(self, seed: int) -> Agent:
        self.off_runs += 1
        return self._made(NotingAgent(Notes(), may_write=False, enough=self.enough))

    def _made(self, agent: NotingAgent) -> NotingAgent:
        self.agents.append(agent)
        return agent


@pytest.fixture
def store() -> Iterator[RunStore]:
    with Database.in_memory() as database:
        yield RunStore(database)


async def test_leave_one_out_has_the_shape_of_the_contract(store: RunStore) -> None:
    laboratory = NotingLaboratory()
    plan = TransferPlan(folds=leave_one_out((1, 2, 3)), orders=2)
    report = await transfer(CountingBenchmark(4, (1, 2, 3)), laboratory, store, plan)

    document = json.loads(json.dumps(report.to_json()))
    assert [(f["learn"], f["test"], f["order"], f["seed"], f["n"]) for f in document["folds"][:3]] == [
        ([2, 3], [1], 0, 0, 4),
        ([2, 3], [1], 1, 0, 4),
        ([1, 3], [2], 0, 0, 4),
    ]
    assert document["folds"][0]["off"] == {"success": 0.5, "queries_per_task": 3.0}
    assert document["folds"][0]["frozen"] == {"success": 1.0, "queries_per_task": 1.0}
    assert set(document["folds"][0]) == set(document["overall"])
    assert (document["overall"]["n"], document["overall"]["difference"]) == (12, 0.5)
    low, high = document["overall"]["difference_ci95"]
    assert 0 < low < 0.5 < high < 1
    assert (document["queries_difference"], document["errors"], document["unscored"]) == (-2.0, 0, 0)


async def test_off_runs_once_an_incident_and_each_order_learns_from_blank(store: RunStore) -> None:
    laboratory = NotingLaboratory()
    plan = TransferPlan(folds=leave_one_out((1, 2)), orders=3)
    report = await transfer(CountingBenchmark(6, (1, 2)), laboratory, store, plan)

    assert laboratory.off_runs == 2
    assert [len(notes.learned) for notes in laboratory.memories] == [6] * 6
    orders = {tuple(notes.learned) for notes in laboratory.memories[:3]}
    assert len(orders) == 3
    assert len({frozenset(order) for order in orders}) == 1
    assert all("/train/" in task for notes in laboratory.memories for task in notes.learned)
    assert all(agent.closed for agent in laboratory.agents)
    assert len(report.runs) == 2 + 6 * 2
    modes = [store.run(run_id).spec.memory.mode for run_id in report.runs]
    assert modes == ["off", "on", "frozen", "on", "frozen", "on", "frozen"] * 2


async def test_the_same_inputs_give_the_same_figures(store: RunStore) -> None:
    plan = TransferPlan(folds=(Fold(learn=(1,), test=(2, 3)),), orders=2, seeds=2, seed=5)
    one = await transfer(CountingBenchmark(4, (1, 2, 3)), NotingLaboratory(), store, plan)
    two = await transfer(CountingBenchmark(4, (1, 2, 3)), NotingLaboratory(), store, plan)

    assert (one.folds, one.overall) == (two.folds, two.overall)
    assert [(fold.order, fold.seed) for fold in one.folds] == [(0, 5), (1, 5), (0, 6), (1, 6)]
    assert (one.overall.n, one.overall.order) == (8, None)


async def test_nothing_learned_is_no_difference(store: RunStore) -> None:
    plan = TransferPlan(folds=leave_one_out((1, 2)))
    report = await transfer(CountingBenchmark(4), NotingLaboratory(enough=99), store, plan)

    assert report.overall.difference == 0.0
    assert report.overall.difference_ci95 is not None
    assert report.overall.difference_ci95.as_list() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("learn", "test", "message"),
    [((1, 2), (2, 3), "incident 2 is both"), ((), (1,), "incidents to learn on"), ((1,), (), "to test on")],
)
def test_a_fold_never_tests_on_what_it_learned(
    learn: tuple[int, ...], test: tuple[int, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        Fold(learn=learn, test=test)


def test_one_incident_cannot_be_left_out() -> None:
    with pytest.raises(UserError, match="at least two"):
        leave_one_out((1,))


async def test_a_transfer_without_questions_or_beyond_its_budget_says_so(store: RunStore) -> None:
    folds = leave_one_out((1, 2))
    with pytest.raises(UserError, match="no test questions"):
        await transfer(CountingBenchmark(0), NotingLaboratory(), store, TransferPlan(folds=folds))
    poor = TransferPlan(folds=folds, run_limits=BudgetLimits(seconds=0.0))
    with pytest.raises(UserError, match="stopped at its budget"):
        await transfer(CountingBenchmark(2), NotingLaboratory(), store, poor)
