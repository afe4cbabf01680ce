from __future__ import annotations

import json

import pytest

from core.budget import Budget, BudgetLimits
from core.chat import ChatRequest
from core.errors import LimitReached, ProviderError
from core.models.scripted import Line, ScriptedModel
from ideation.costs import CostLedger, LedgerModel
from ideation.likeness.duplicates import By, Same, find_duplicates
from ideation.muses.sameness import PATIENCE, STAGE, LlmSameness

TOPIC = "membranes that last"
ONE = "Bonds of boronic esters mend a torn membrane because they exchange in water."
OTHER = "A torn membrane mends itself by bonds of boronic esters."
THIRD = "Count whales from satellites."


def judge(model: ScriptedModel, ledger: CostLedger | None = None) -> LlmSameness:
    ledger = ledger or CostLedger(Budget(BudgetLimits()))
    return LlmSameness(LedgerModel(model, STAGE, ledger), TOPIC, ledger)


def reply(verdict: str | None) -> str:
    return json.dumps({"reason": "so", "verdict": verdict})


@pytest.mark.parametrize(
    ("verdict", "said"), [("same", Same.SAME), ("different", Same.DIFFERENT), (None, Same.ABSTAIN)]
)
async def test_6_2_a_model_says_whether_two_ideas_are_the_same(verdict: str | None, said: Same) -> None:
    model = ScriptedModel([reply(verdict)])
    asked = judge(model)
    assert await asked(ONE, OTHER) is said
    assert await asked(OTHER, ONE) is said, "known already, so not asked again"
    assert len(model.requests) == 1
    prompt = model.requests[0].messages[0].content
    assert ONE in prompt
    assert TOPIC in prompt


async def test_6_2_what_cannot_be_read_is_an_abstention_and_counted() -> None:
    ledger = CostLedger(Budget(BudgetLimits()))
    asked = judge(ScriptedModel(["no", "no again"]), ledger)
    assert await asked(ONE, OTHER) is Same.ABSTAIN
    assert ledger.failures == 1


async def test_6_2_a_model_that_is_down_is_not_asked_for_ever() -> None:
    def down(request: ChatRequest) -> Line:
        return ProviderError("no route")

    model = ScriptedModel(down)
    asked = judge(model)
    for number in range(4 * PATIENCE):
        assert await asked(ONE, f"{OTHER} {number}") is Same.ABSTAIN
    assert len(model.requests) == PATIENCE


async def test_6_2_a_spent_budget_ends_it() -> None:
    with pytest.raises(LimitReached):
        await judge(ScriptedModel([reply("same")]), CostLedger(Budget(BudgetLimits(tokens=0))))(ONE, OTHER)


async def test_6_2_the_model_settles_what_the_likeness_leaves_open() -> None:
    texts = {"one": ONE, "other": OTHER, "third": THIRD}
    plain = await find_duplicates(texts, embedder=None, context=TOPIC)
    open_pairs = [each for each in plain.findings if each.by is By.NOBODY]
    assert [(each.one, each.other) for each in open_pairs] == [("one", "other")]
    judged = await find_duplicates(
        texts, embedder=None, context=TOPIC, judge=judge(ScriptedModel([reply("same")]))
    )
    assert judged.kept == ("one", "third")
