"""`MeteredModel`: every call stands in the ledger under its role, and none starts over the budget."""

from __future__ import annotations

import pytest

from core.budget import Budget, BudgetLimits
from core.chat import ChatReply, ChatRequest, Message
from core.episode import Episode, Step
from core.errors import AtlasError, Limit, LimitReached, ModelOutputError, ProviderError
from core.events import Event
from core.models.scripted import ScriptedModel
from core.recorder import CallFailure, MeteredModel, Recorder
from core.usage import Role, TokenUsage

REQUEST = ChatRequest(messages=(Message(role="user", content="Which host?"),))
REPLY = ChatReply(text="host-1", usage=TokenUsage(input=5, output=3), model="small")


class Ledger:
    """A `Recorder` that keeps calls in a list and counts them against a budget."""

    run_id = "run"
    task_key = "task"

    def __init__(self, limits: BudgetLimits | None = None) -> None:
        self.calls: list[tuple[Role, str, ChatRequest, ChatReply | CallFailure]] = []
        self._budget = Budget(limits or BudgetLimits())

    def check_budget(self) -> None:
        self._budget.check()

    def call(self, role: Role, model: str, request: ChatRequest, reply: ChatReply | CallFailure) -> None:
        self.calls.append((role, model, request, reply))
        if isinstance(reply, ChatReply):
            self._budget.spend(reply.usage, None)

    def step(self, attempt: int, step: Step) -> None:
        raise NotImplementedError

    def attempt(self, episode: Episode) -> None:
        raise NotImplementedError

    def event(self, event: Event) -> None:
        raise NotImplementedError


async def test_a_call_is_answered_and_recorded_once() -> None:
    ledger: Recorder = Ledger()
    model = MeteredModel(ScriptedModel([REPLY], name="script/small"), Role.JUDGE, ledger)
    reply = await model.complete(REQUEST)
    assert reply.text == "host-1"
    assert isinstance(ledger, Ledger)
    assert ledger.calls == [(Role.JUDGE, "script/small", REQUEST, reply)]
    assert model.name == "script/small"


@pytest.mark.parametrize("error", [ProviderError("503 after 4 retries"), ModelOutputError("no completion")])
async def test_a_call_that_fails_is_recorded_and_the_error_goes_on(error: AtlasError) -> None:
    ledger = Ledger()
    model = MeteredModel(ScriptedModel([error]), Role.TEACHER, ledger)
    with pytest.raises(type(error), match=str(error)):
        await model.complete(REQUEST)
    ((role, _, request, failure),) = ledger.calls
    assert (role, request) == (Role.TEACHER, REQUEST)
    assert isinstance(failure, CallFailure)
    assert failure.message == str(error)
    assert failure.latency_seconds >= 0


async def test_over_the_budget_no_request_leaves() -> None:
    ledger, inner = Ledger(BudgetLimits(tokens=8)), ScriptedModel([REPLY, REPLY])
    model = MeteredModel(inner, Role.STUDENT, ledger)
    await model.complete(REQUEST)
    with pytest.raises(LimitReached) as caught:
        await model.complete(REQUEST)
    assert caught.value.limit is Limit.TOKENS
    assert len(inner.requests) == len(ledger.calls) == 1


async def test_roles_share_one_budget() -> None:
    ledger = Ledger(BudgetLimits(tokens=8))
    await MeteredModel(ScriptedModel([REPLY]), Role.STUDENT, ledger).complete(REQUEST)
    with pytest.raises(LimitReached):
        await MeteredModel(ScriptedModel([REPLY]), Role.TEACHER, ledger).complete(REQUEST)
