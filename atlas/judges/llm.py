"""The judge over a chat model: one or more samples, and an arbiter where they disagree or are unsure.

The two tiers and their thresholds (standard deviation over 0.15, uncertainty over 0.30) follow
arXiv 2511.01093, section 3.2.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from atlas.judge import Judgement
from atlas.prompts import ArbiterPrompt, JudgePrompt
from atlas.teacher import Review
from atlas.window import render_transcript, shown_answer
from core.chat import ChatModel
from core.episode import Episode, Task
from core.errors import ModelOutputError, ProviderError
from core.fences import fence_for
from core.recorder import MeteredModel, Recorder
from core.replies import ask_object
from core.usage import Role

_TEMPERATURES = (0.2, 0.5, 0.8)


class PrincipleReply(BaseModel):
    """A principle that the judge set down before it scored."""

    model_config = ConfigDict(extra="forbid")

    name: str
    weight: float


class JudgeReply(BaseModel):
    """One sample, or the arbiter's decision."""

    model_config = ConfigDict(extra="forbid")

    principles: list[PrincipleReply]
    rationale: str
    score: float = Field(ge=0, le=1)
    uncertainty: float = Field(ge=0, le=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmJudgeConfig:
    """`samples` is 1 to 3; above `deviation` or `uncertainty` the arbiter decides."""

    samples: int = 1
    deviation: float = 0.15
    uncertainty: float = 0.30
    transcript_tokens: int = 12_000
    max_output_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An episode as the judge's prompts show it."""

    transcript: str
    answer: str
    fence: str

    @classmethod
    def of(cls, task: Task, episode: Episode, tokens: int) -> _Case:
        transcript, answer = render_transcript(episode, tokens), shown_answer(episode)
        return cls(transcript=transcript, answer=answer, fence=fence_for(task.prompt, transcript, answer))


class LlmJudge:
    """`arbiter` is the model that decides; without one, the judge's own model reads its samples again."""

    def __init__(
        self, model: ChatModel, config: LlmJudgeConfig | None = None, *, arbiter: ChatModel | None = None
    ) -> None:
        self._model = model
        self._arbiter = arbiter or model
        self._config = config or LlmJudgeConfig()

    @property
    def name(self) -> str:
        return self._model.name

    async def judge(self, task: Task, episode: Episode, review: Review, recorder: Recorder) -> Judgement:
        """A sample that fails is left out, and then the arbiter decides; when all fail there is no reward."""
        if episode.answer is None:
            return Judgement(reward=0.0, rationale="nothing was submitted", uncertainty=0.0)
        case = _Case.of(task, episode, self._config.transcript_tokens)
        prompt = JudgePrompt(
            task=task.prompt,
            transcript=case.transcript,
            answer=case.answer,
            fence=case.fence,
            verdict=review.verdict.value,
            reasons=review.reasons,
        ).render()
        wanted = max(1, min(self._config.samples, len(_TEMPERATURES)))
        temperatures = _TEMPERATURES[:wanted] if wanted > 1 else (None,)
        model = MeteredModel(self._model, Role.JUDGE, recorder)
        replies = await asyncio.gather(*(self._sample(model, prompt, t) for t in temperatures))
        samples = [reply for reply in replies if reply is not None]
        if not samples:
            return Judgement(reward=None, rationale="the judge gave no readable judgement")
        if len(samples) == wanted and not self._unsettled(samples):
            return _mean(samples)
        decided = await self._decide(task, case, samples, recorder)
        return _mean(samples if decided is None else [decided])

    async def _decide(
        self, task: Task, case: _Case, samples: Sequence[JudgeReply], recorder: Recorder
    ) -> JudgeReply | None:
        prompt = ArbiterPrompt(
            task=task.prompt,
            transcript=case.transcript,
            answer=case.answer,
            fence=case.fence,
            opinions=tuple(
                f"score {s.score:.2f}, uncertainty {s.uncertainty:.2f}: {s.rationale}" for s in samples
            ),
        ).render()
        return await self._sample(MeteredModel(self._arbiter, Role.JUDGE, recorder), prompt, None)

    async def _sample(self, model: ChatModel, prompt: str, temperature: float | None) -> JudgeReply | None:
        try:
            return await ask_object(
                model,
                prompt,
                JudgeReply,
                name="judgement",
                temperature=temperature,
                max_output_tokens=self._config.max_output_tokens,
            )
        except (ModelOutputError, ProviderError):
            return None  # the call stands in the ledger with its error

    def _unsettled(self, samples: Sequence[JudgeReply]) -> bool:
        deviation = statistics.pstdev(sample.score for sample in samples)
        unsure = max(sample.uncertainty for sample in samples)
        return deviation > self._config.deviation or unsure > self._config.uncertainty

    async def close(self) -> None:
        await self._model.close()
        if self._arbiter is not self._model:
            await self._arbiter.close()


def _mean(samples: Sequence[JudgeReply]) -> Judgement:
    surest = min(samples, key=lambda sample: sample.uncertainty)
    return Judgement(
        reward=statistics.fmean(sample.score for sample in samples),
        rationale=surest.rationale,
        uncertainty=statistics.fmean(sample.uncertainty for sample in samples),
    )
