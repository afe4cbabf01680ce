"""What an idea run spends: one ledger by stage, and the model that is held to a budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.budget import Budget
from core.chat import ChatModel, ChatReply, ChatRequest
from core.errors import LimitReached
from core.prices import price
from core.usage import TokenUsage


@dataclass(slots=True, kw_only=True)
class StageCosts:
    """Sums of one stage or arm. `failures` counts by message."""

    calls: int = 0
    usage: TokenUsage = field(default_factory=TokenUsage.zero)
    usd: float = 0.0
    unpriced_calls: int = 0
    failures: Counter[str] = field(default_factory=Counter)


class CostLedger:
    """Every call and failure of a run, by stage; nothing is lost silently because it is counted here."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._stages: dict[str, StageCosts] = {}
        self.refused = ""
        """Why the first call was refused for which the budget did not last; empty while none was."""

    def __iter__(self) -> Iterator[tuple[str, StageCosts]]:
        return iter(sorted(self._stages.items()))

    def stage(self, name: str) -> StageCosts:
        return self._stages.setdefault(name, StageCosts())

    def check(self) -> None:
        """Raises:
        LimitReached: the run's budget is spent.
        """
        try:
            self._budget.check()
        except LimitReached as limit:
            self.refused = self.refused or str(limit)
            raise

    def spent(self, stage: str, model: str, usage: TokenUsage) -> None:
        cost = price(model, usage)
        costs = self.stage(stage)
        costs.calls += 1
        costs.usage += usage
        costs.usd += cost.usd or 0.0
        costs.unpriced_calls += cost.usd is None
        self._budget.spend(usage, cost.usd)

    def billed(self, usd: float) -> None:
        """What sources of papers billed counts against the budget. It stands in no stage: a run that is
        repeated has the answers already, and its record must be the same.
        """
        self._budget.spend(TokenUsage.zero(), usd)

    def failed(self, stage: str, message: str) -> None:
        self.stage(stage).failures[message] += 1

    @property
    def failures(self) -> int:
        return sum(costs.failures.total() for _, costs in self)


class LedgerModel:
    """A `ChatModel` whose calls stand in the ledger under one stage, and stop at the budget."""

    def __init__(self, model: ChatModel, stage: str, ledger: CostLedger) -> None:
        self._model, self._stage, self._ledger = model, stage, ledger

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        self._ledger.check()
        reply = await self._model.complete(request)  # whoever asked counts a failure, once
        self._ledger.spent(self._stage, self._model.name, reply.usage)
        return reply

    async def close(self) -> None:
        await self._model.close()
