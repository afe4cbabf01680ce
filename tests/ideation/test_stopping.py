"""A budget that ends in the middle of a run: told, never passed over."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core.budget import Budget, BudgetLimits
from core.chat import ChatReply, ChatRequest
from core.errors import LimitReached
from core.models.scripted import ScriptedModel
from core.usage import TokenUsage
from ideation.ablating import ablate
from ideation.arm import CallBudget
from ideation.costs import CostLedger, LedgerModel
from ideation.families.registry import arms_of
from ideation.generating import Generator
from ideation.idea import Family
from ideation.library import CorpusLibrary
from ideation.muses.llm import LlmMuse
from ideation.muses.offline import OfflineMuse
from ideation.plan import RunPlan
from ideation.ranking.llm_judge import LlmPairJudge
from tests.ideation.benches import SMALL, bench, made, open_corpus


def costly(request: ChatRequest) -> ChatReply:
    """Nothing of use, for ten tokens."""
    text = json.dumps({"reason": "so", "score": 3, "verdict": "first", "texts": []})
    usage = replace(TokenUsage.zero(), input=5, output=5)
    return ChatReply(text=text, usage=usage)


def test_10_5_a_budget_that_ends_while_ideas_are_compared_is_told() -> None:
    with open_corpus() as corpus:
        ledger = CostLedger(Budget(BudgetLimits(tokens=50)))
        ready = bench(corpus, SMALL, ledger=ledger)
        ready.pair_judge = LlmPairJudge(LedgerModel(ScriptedModel(costly), "compare", ledger))
        record = made(ready)
    assert len(record.ideas) == SMALL.count
    assert "50 tokens spent of 50" in ready.stopped
    assert any("Stopped early" in note for note in record.notes)


def test_10_5_a_budget_that_ends_while_ideas_are_checked_is_told() -> None:
    with open_corpus() as corpus:
        ledger = CostLedger(Budget(BudgetLimits(tokens=50)))
        judge = LlmMuse(LedgerModel(ScriptedModel(costly), "grade", ledger))
        ready = bench(corpus, replace(SMALL, families=(Family.STEERING,)), judge=judge, ledger=ledger)
        record = made(ready)
    assert record.ideas
    assert "tokens spent" in ready.stopped


async def test_8_7_a_comparison_that_cannot_be_paid_for_ends_and_favours_nobody() -> None:
    with open_corpus() as corpus:
        ledger = CostLedger(Budget(BudgetLimits(tokens=50)))
        library = CorpusLibrary(corpus.view())
        assert corpus.embedder is not None
        judge = LlmMuse(LedgerModel(ScriptedModel(costly), "grade", ledger))
        plan = RunPlan(topic="membranes", families=(Family.STEERING,))

        def generator(asked: RunPlan, budget: CallBudget) -> Generator:
            assert corpus.embedder is not None
            return Generator(
                plan=asked,
                arms=arms_of(asked.families),
                muse=OfflineMuse(),
                judge=OfflineMuse(),
                library=library,
                embedder=corpus.embedder,
                ledger=ledger,
                total=budget,
            )

        with pytest.raises(LimitReached):
            await ablate(plan, ["membranes", "anodes"], generator, judge, corpus.embedder, calls=6)


def test_a_ledger_keeps_why_the_first_call_was_refused() -> None:
    ledger = CostLedger(Budget(BudgetLimits(tokens=0)))
    assert ledger.refused == ""
    with pytest.raises(LimitReached):
        ledger.check()
    assert "0 tokens spent of 0" in ledger.refused
