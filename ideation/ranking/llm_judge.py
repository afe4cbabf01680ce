"""A pair judge over a chat model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.chat import ChatModel, ChatRequest, Message
from core.fences import fence_for
from core.replies import read_object
from ideation.ranking.judge import Opinion
from ideation.ranking.match_log import Axis, Verdict
from ideation.ranking.prompts import PairPrompt


class PairReply(BaseModel):
    """The reply's shape; the reason comes first, so that the verdict follows from it."""

    model_config = ConfigDict(extra="forbid")

    reason: str
    verdict: Verdict


class LlmPairJudge:
    """One call a comparison. An unreadable reply is no verdict: the tournament asks again once.

    Give a `core.recorder.MeteredModel` to have the calls in the ledger and under the budget.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        temperature: float | None = None,
        max_output_tokens: int | None = None,
    ) -> None:
        self._model = model
        self._temperature, self._max_output_tokens = temperature, max_output_tokens

    @property
    def name(self) -> str:
        return self._model.name

    async def compare(self, first: str, second: str, axis: Axis, seed: int) -> Opinion:
        """Raises:
        ModelOutputError: the reply holds no verdict.
        ProviderError: the endpoint failed.
        LimitReached: the budget is spent (of a metered model).
        """
        prompt = PairPrompt(axis=axis.value, first=first, second=second, fence=_fence(first, second))
        reply = await self._model.complete(
            ChatRequest(
                messages=(Message(role="user", content=prompt.render()),),
                json_schema=PairReply.model_json_schema(),
                schema_name="comparison",
                temperature=self._temperature,
                max_output_tokens=self._max_output_tokens,
                seed=seed,
            )
        )
        read = read_reply(reply.text)
        return Opinion(verdict=read.verdict, reason=read.reason)

    async def close(self) -> None:
        await self._model.close()


def read_reply(text: str) -> PairReply:
    """The one JSON object of a reply; prose or a code fence around it is let pass.

    Raises `ModelOutputError` for anything else: a verdict is never guessed from words.
    """
    return read_object(text, PairReply)


def _fence(first: str, second: str) -> str:
    """A tag name that the texts cannot close, as it depends on the whole of them.

    It is the same in both orders, so that a swapped call differs in the order alone.
    """
    return fence_for(*sorted((first, second)))
