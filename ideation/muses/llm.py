"""A muse over a chat model."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from core.chat import ChatModel
from core.errors import ModelOutputError
from core.fences import fence_for
from core.replies import ask_object
from ideation.facets import Facet, FacetKind, PaperFacets, sentences
from ideation.idea import IdeaText
from ideation.muse import (
    Grade,
    ListRequest,
    Proposal,
    Proposed,
    ProposeRequest,
    ReviewRequest,
    ReviseRequest,
    Shape,
    Source,
)
from ideation.prompts import FacetsPrompt, GradePrompt, ListPrompt, ProposePrompt, RevisePrompt

MOST_OUTPUT_TOKENS = 4_000
MOST_LETTERS = 1_500
"""Of one text: the eight of an idea then fit into the output."""
_ShapeT = TypeVar("_ShapeT", bound=BaseModel)
_SHORTEST_PART = 12
"""Characters under which a title, problem or mechanism says nothing."""


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _TextReply(_Reply):
    title: str
    problem: str
    mechanism: str
    prediction: str
    evaluation: str
    dropped: str
    consequence: str

    def text(self) -> IdeaText:
        """Raises:
        ModelOutputError: a part that every idea has says nothing.
        """
        for name in ("title", "problem", "mechanism"):
            if len(getattr(self, name).strip()) < _SHORTEST_PART:
                raise ModelOutputError(f"The idea has no {name} to speak of.")
        names = IdeaText.__dataclass_fields__
        return IdeaText(**{name: " ".join(getattr(self, name).split()) for name in names})


class _IdeaReply(_TextReply):
    thoughts: str
    papers: list[str]
    probability: float | None = Field(ge=0.0, le=1.0)


class _IdeasReply(_Reply):
    """Ideas stay raw here, so that one bad idea does not cost the others."""

    ideas: list[JsonValue]

    @classmethod
    def model_json_schema(cls, *args: object, **kwargs: object) -> dict[str, object]:
        """The schema that the server gets names the fields of an idea."""
        return {
            "type": "object",
            "properties": {"ideas": {"type": "array", "items": _IdeaReply.model_json_schema()}},
            "required": ["ideas"],
            "additionalProperties": False,
        }


class _GradeReply(_Reply):
    reason: str
    score: int | None = Field(ge=1, le=5)


class _ListReply(_Reply):
    texts: list[str]


class _FacetsReply(_Reply):
    problem: list[int]
    mechanism: list[int]
    evaluation: list[int]
    limitation: list[int]
    future: list[int]


class LlmMuse:
    """Asks a model by the prompts of `ideation/prompts`; what cannot be read is asked for once more.

    A `small` model is told a greatest length of texts too, for it may not end one by itself.
    """

    def __init__(self, model: ChatModel, *, temperature: float | None = None, small: bool = False) -> None:
        self._model, self._temperature = model, temperature
        self._most_letters = MOST_LETTERS if small else None

    @property
    def name(self) -> str:
        return self._model.name

    async def propose(self, request: ProposeRequest) -> Proposed:
        prompt = ProposePrompt(
            topic=request.topic,
            count=request.count,
            shape=request.shape.value,
            sources=request.sources,
            fence=_fence(request.sources, request.notes),
            operator=request.operator,
            persona=request.persona,
            parents=request.parents,
            forbidden=request.forbidden,
            said=request.said,
            advice=request.advice,
            notes=request.notes,
            tail=request.tail,
        )
        reply = await self._ask(
            prompt.render(),
            _IdeasReply,
            "ideas",
            request.seed,
            temperature=request.temperature,
            most=request.count,
        )
        shown = tuple(source.paper for source in request.sources)
        found: list[Proposal] = []
        faults: list[str] = []
        for number, raw in enumerate(reply.ideas[: request.count], 1):
            try:
                read = _IdeaReply.model_validate(raw)
                text = _checked(read.text(), request)
            except (ValidationError, ModelOutputError) as error:
                faults.append(f"idea {number}: {_first(error)}")
                continue
            papers = tuple(paper for paper in shown if paper in read.papers)
            found.append(Proposal(text=text, papers=papers, probability=read.probability))
        missing = request.count - len(reply.ideas)
        faults += [f"{missing} of {request.count} ideas were not written"] if missing > 0 else []
        return Proposed(proposals=tuple(found), faults=tuple(faults))

    async def revise(self, request: ReviseRequest) -> IdeaText:
        prompt = RevisePrompt(
            topic=request.topic,
            idea=request.idea,
            direction=request.direction,
            weaknesses=request.weaknesses,
            keep=request.keep,
            unlike=request.unlike,
            sources=request.sources,
            fence=_fence((*request.unlike, *request.sources)),
        )
        reply = await self._ask(
            prompt.render(), _TextReply, "idea", request.seed, temperature=request.temperature
        )
        return reply.text()

    async def grade(self, request: ReviewRequest) -> Grade:
        prompt = GradePrompt(
            topic=request.topic,
            idea=request.idea,
            criterion=request.criterion,
            persona=request.persona,
            said=request.said,
            sources=request.sources,
            fence=_fence(request.sources, request.idea.whole, *request.said),
        )
        reply = await self._ask(prompt.render(), _GradeReply, "grade", request.seed)
        return Grade(
            criterion=request.criterion.name, score=reply.score, reason=" ".join(reply.reason.split())
        )

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        prompt = ListPrompt(
            question=request.question,
            material=request.material,
            count=request.count,
            fence=_fence((), *request.material),
        )
        reply = await self._ask(prompt.render(), _ListReply, "texts", request.seed, most=request.count)
        plain = (" ".join(text.split()) for text in reply.texts)
        return tuple(dict.fromkeys(text for text in plain if text))[: request.count]

    async def facets(self, source: Source) -> PaperFacets:
        spans = list(sentences(source.abstract))
        texts = tuple(source.abstract[start:end] for start, end in spans)
        prompt = FacetsPrompt(title=source.title, sentences=texts, fence=_fence((source,)))
        reply = await self._ask(prompt.render(), _FacetsReply, "facets", 0, most=len(spans))
        found = (
            Facet(kind=kind, text=texts[number - 1], start=spans[number - 1][0], end=spans[number - 1][1])
            for kind in FacetKind
            for number in dict.fromkeys(getattr(reply, kind.value))
            if 1 <= number <= len(spans)
        )
        return PaperFacets(paper=source.paper, by=self.name, facets=tuple(found))

    async def _ask(
        self,
        prompt: str,
        shape: type[_ShapeT],
        name: str,
        seed: int,
        *,
        temperature: float | None = None,
        most: int | None = None,
    ) -> _ShapeT:
        return await ask_object(
            self._model,
            prompt,
            shape,
            name=name,
            temperature=self._temperature if temperature is None else temperature,
            max_output_tokens=MOST_OUTPUT_TOKENS,
            seed=seed,
            most_items=most,
            most_letters=self._most_letters,
        )


def _checked(text: IdeaText, request: ProposeRequest) -> IdeaText:
    """Raises:
    ModelOutputError: the idea has not what its shape asks for, or uses what was forbidden.
    """
    if request.shape is Shape.BIT_FLIP and not text.dropped:
        raise ModelOutputError("The idea names no assumption that it drops.")
    whole = text.whole.casefold()
    if used := next((word for word in request.forbidden if word.casefold() in whole), None):
        raise ModelOutputError(f"The idea uses what was forbidden: {used}.")
    return text


def _fence(sources: tuple[Source, ...], *texts: str) -> str:
    return fence_for(*(part for each in sources for part in (each.title, each.abstract)), *texts)


def _first(error: ValidationError | ModelOutputError) -> str:
    if isinstance(error, ModelOutputError):
        return str(error)
    found = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, found['loc'])) or 'the object'}: {found['msg']}"
