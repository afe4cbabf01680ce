"""A Student behind an HTTP endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from atlas.students.hand import Hand
from core.episode import Environment, Episode, Task
from core.errors import ModelOutputError, ProviderError, UserError
from core.guidance import Guidance, render_guidance
from core.recorder import Recorder

if TYPE_CHECKING:
    import httpx


class _HttpAction(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sql: str | None = None
    answer: str | None = None


class HttpStudent:
    """A Student behind an HTTP endpoint, asked once a step.

    Each request is a POST of `{"prompt", "guidance", "history": [{"sql", "observation", "is_error"}],
    "steps_left"}`: the whole state, so that the endpoint needs none. The reply is `{"sql": TEXT}` for one
    more statement or `{"answer": TEXT}`, which ends the attempt.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 60.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise UserError(
                f"student {url}: write http:URL with a whole URL, as http:http://127.0.0.1:9000/act"
            )
        self._url = url
        self._timeout_seconds = timeout_seconds

    @property
    def name(self) -> str:
        return f"http:{self._url}"

    async def attempt(
        self, task: Task, environment: Environment, guidance: Guidance, recorder: Recorder, number: int
    ) -> Episode:
        """Raises:
        ProviderError: the endpoint cannot be reached, or answers with an error status.
        ModelOutputError: its reply is not of the form above.
        """
        import httpx

        await environment.reset(task)
        hand = Hand(environment=environment, recorder=recorder, number=number)
        answer: str | None = None
        async with httpx.AsyncClient(timeout=self._timeout_seconds) as client:
            while answer is None and hand.left > 0:
                recorder.check_budget()
                move = await self._ask(client, task, guidance, hand)
                if move.answer is not None:
                    answer = move.answer
                elif move.sql is not None and hand.left > 1:
                    await hand.sql(move.sql)
                else:
                    break
        return await hand.finish(task, answer)

    async def _ask(
        self, client: httpx.AsyncClient, task: Task, guidance: Guidance, hand: Hand
    ) -> _HttpAction:
        import httpx

        history = [
            {"sql": s.action.text, "observation": s.observation.text, "is_error": s.observation.is_error}
            for s in hand.steps
        ]
        body = {
            "prompt": task.prompt,
            "guidance": render_guidance(guidance),
            "history": history,
            "steps_left": hand.left,
        }
        try:
            reply = await client.post(self._url, json=body)
            reply.raise_for_status()
        except httpx.HTTPError as error:
            raise ProviderError(f"student {self._url}: {error or type(error).__name__}") from error
        try:
            return _HttpAction.model_validate_json(reply.content)
        except ValidationError as error:
            raise ModelOutputError(
                f"student {self._url}: the reply is neither a statement nor an answer"
            ) from error

    async def close(self) -> None:
        return None
