"""The Teacher over a chat model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from atlas.prompts import DistilPrompt, ReviewPrompt
from atlas.teacher import Review
from atlas.window import render_transcript, shown_answer
from core.chat import ChatModel
from core.episode import SUBMIT, Episode, Task, Verdict
from core.errors import ModelOutputError, ProviderError
from core.fences import fence_for
from core.guidance import ActionTemplate, Guidance, GuidanceItem
from core.recorder import MeteredModel, Recorder
from core.replies import ask_object
from core.usage import Role
from memory.items import ItemDraft, Kind

_log = logging.getLogger(__name__)

MAX_ITEMS = 6
"""Drafts that one distillation may propose."""
_MAX_NOTES = 3


class ReviewReply(BaseModel):
    """What the model says of an attempt."""

    model_config = ConfigDict(extra="forbid")

    valid: bool
    reasons: list[str]
    guidance: list[str]


class DraftReply(BaseModel):
    """One proposed item; `tool` and `template` are both empty for an item without an action."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    content: str
    cue: str
    boundary: str
    expected_effect: str
    tool: str
    template: str


class DistilReply(BaseModel):
    """Items stay raw here, so that one bad item does not cost the others."""

    model_config = ConfigDict(extra="forbid")

    items: list[JsonValue]

    @classmethod
    def model_json_schema(cls, *args: object, **kwargs: object) -> dict[str, object]:
        """The schema that the server gets names the fields of an item."""
        draft = DraftReply.model_json_schema()
        definitions = draft.pop("$defs", {})
        return {
            "type": "object",
            "properties": {"items": {"type": "array", "items": draft}},
            "required": ["items"],
            "additionalProperties": False,
            "$defs": definitions,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmTeacherConfig:
    """Budgets in tokens; with several attempts the transcript budget is shared among them."""

    transcript_tokens: int = 12_000
    temperature: float | None = None
    max_output_tokens: int | None = None


class LlmTeacher:
    """Reviews and distils with a model, and optionally distils with a second, lighter one."""

    def __init__(
        self,
        model: ChatModel,
        config: LlmTeacherConfig | None = None,
        *,
        distiller: ChatModel | None = None,
    ) -> None:
        self._model = model
        self._distiller = distiller or model
        self._config = config or LlmTeacherConfig()

    @property
    def name(self) -> str:
        return self._model.name

    async def review(self, task: Task, episode: Episode, guidance: Guidance, recorder: Recorder) -> Review:
        transcript = render_transcript(episode, self._config.transcript_tokens)
        answer = shown_answer(episode)
        prompt = ReviewPrompt(
            task=task.prompt,
            transcript=transcript,
            answer=answer,
            fence=fence_for(task.prompt, transcript, answer),
            advice=guidance.items,
        )
        try:
            reply = await ask_object(
                MeteredModel(self._model, Role.TEACHER, recorder),
                prompt.render(),
                ReviewReply,
                name="review",
                temperature=self._config.temperature,
                max_output_tokens=self._config.max_output_tokens,
            )
        except (ModelOutputError, ProviderError) as error:
            return Review.unverified(f"no review could be had: {error}")
        return Review(
            verdict=Verdict.ACCEPTED if reply.valid and episode.answer is not None else Verdict.REJECTED,
            reasons=tuple(reply.reasons),
            notes=() if reply.valid else tuple(reply.guidance[:_MAX_NOTES]),
        )

    async def distil(
        self,
        task: Task,
        episodes: Sequence[Episode],
        review: Review,
        reward: float,
        shown: tuple[GuidanceItem, ...],
        recorder: Recorder,
    ) -> tuple[ItemDraft, ...]:
        """Unreadable items are refused one by one; an unreadable reply or an outage is no item at all."""
        each = self._config.transcript_tokens // max(1, len(episodes))
        transcripts = tuple(render_transcript(episode, each) for episode in episodes)
        tools = sorted({step.action.tool for episode in episodes for step in episode.steps} - {SUBMIT})
        prompt = DistilPrompt(
            task=task.prompt,
            transcripts=transcripts,
            fence=fence_for(task.prompt, *transcripts),
            reward=reward,
            verdict=review.verdict.value,
            reasons=review.reasons,
            shown=shown,
            tools=tuple(tools),
            most_items=MAX_ITEMS,
        )
        try:
            reply = await ask_object(
                MeteredModel(self._distiller, Role.DISTILLER, recorder),
                prompt.render(),
                DistilReply,
                name="items",
                temperature=self._config.temperature,
                max_output_tokens=self._config.max_output_tokens,
            )
        except (ModelOutputError, ProviderError) as error:
            _log.warning("nothing was distilled from %s: %s", task.id, error)
            return ()
        drafts = (_read_draft(raw, task.scope, tools) for raw in reply.items[:MAX_ITEMS])
        return tuple(draft for draft in drafts if draft is not None)

    async def close(self) -> None:
        await self._model.close()
        if self._distiller is not self._model:
            await self._distiller.close()


def _read_draft(raw: JsonValue, scope: str, tools: Sequence[str]) -> ItemDraft | None:
    """One item, or None for one that does not fit the shape or names a tool that was not used."""
    try:
        read = DraftReply.model_validate(raw)
    except ValidationError as error:
        _log.info("a distilled item was refused: %s", error.errors(include_input=False)[0]["msg"])
        return None
    has_action = bool(read.tool and read.template)
    if has_action and read.tool not in tools:
        _log.info("a distilled item was refused: it names the unknown tool %r", read.tool)
        return None
    return ItemDraft(
        kind=read.kind,
        scope=scope,
        content=read.content.strip(),
        cue=read.cue.strip(),
        action=ActionTemplate(tool=read.tool, template=read.template) if has_action else None,
        boundary=read.boundary.strip(),
        expected_effect=read.expected_effect.strip(),
    )
