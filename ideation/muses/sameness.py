"""The second step of finding duplicates: a chat model is asked where the likeness leaves a pair open."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from core.chat import ChatModel
from core.errors import ModelOutputError, ProviderError
from core.fences import fence_for
from core.replies import ask_object
from ideation.costs import CostLedger
from ideation.likeness.duplicates import Same
from ideation.prompts import SamePrompt

STAGE = "same"
PATIENCE = 5
"""Failures in a row after which the model is no longer asked."""
MOST_OUTPUT_TOKENS = 500


class _Verdict(StrEnum):
    SAME = "same"
    DIFFERENT = "different"


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str
    verdict: _Verdict | None


class LlmSameness:
    """A `likeness.duplicates.Judge`. A failure is counted and is an abstention, so the two ideas both stay.

    Whatever it said of two texts it says again, either way round, without another call.
    """

    def __init__(self, model: ChatModel, topic: str, ledger: CostLedger, *, seed: int = 0) -> None:
        self._model, self._topic, self._ledger, self._seed = model, topic, ledger, seed
        self._known: dict[frozenset[str], Same] = {}
        self._failed = 0

    async def __call__(self, one: str, other: str) -> Same:
        """Raises:
        LimitReached: the budget is spent.
        """
        pair = frozenset((one, other))
        if pair in self._known:
            return self._known[pair]
        if self._failed >= PATIENCE:
            return Same.ABSTAIN
        prompt = SamePrompt(topic=self._topic, one=one, other=other, fence=fence_for(one, other))
        try:
            reply = await ask_object(
                self._model,
                prompt.render(),
                _Reply,
                name="same",
                max_output_tokens=MOST_OUTPUT_TOKENS,
                seed=self._seed,
            )
        except (ModelOutputError, ProviderError) as error:
            self._failed += 1
            self._ledger.failed(STAGE, f"{type(error).__name__}: {error}")
            return Same.ABSTAIN
        self._failed = 0
        verdicts = {None: Same.ABSTAIN, _Verdict.SAME: Same.SAME, _Verdict.DIFFERENT: Same.DIFFERENT}
        self._known[pair] = verdicts[reply.verdict]
        return self._known[pair]
