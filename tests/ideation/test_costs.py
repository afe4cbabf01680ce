from __future__ import annotations

import pytest

from core.budget import Budget, BudgetLimits
from core.chat import ChatRequest, Message
from core.errors import LimitReached, ProviderError
from core.models.scripted import ScriptedModel
from ideation.costs import CostLedger, LedgerModel

ASK = ChatRequest(messages=(Message(role="user", content="hi"),))


async def test_a_failed_call_is_left_for_its_asker_to_count_once() -> None:
    ledger = CostLedger(Budget(BudgetLimits()))
    model = LedgerModel(ScriptedModel([ProviderError("no route"), "yes"]), "write", ledger)
    with pytest.raises(ProviderError):
        await model.complete(ASK)
    assert ledger.failures == 0
    await model.complete(ASK)
    assert [(name, costs.calls) for name, costs in ledger] == [("write", 1)]


async def test_10_5_a_spent_budget_stops_before_the_call() -> None:
    model = ScriptedModel(["never"])
    with pytest.raises(LimitReached):
        await LedgerModel(model, "write", CostLedger(Budget(BudgetLimits(tokens=0)))).complete(ASK)
    assert model.requests == []
