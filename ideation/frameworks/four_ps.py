"""The record of an idea by Rhodes' four Ps: who made it, how, under what press, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import UserError
from ideation.corpus.identity import PaperId
from ideation.frameworks.boden import Level
from ideation.idea import Family, Idea, IdeaId

Said = Annotated[str, Field(min_length=1, pattern=r"\S")]
Score = Annotated[float, Field(allow_inf_nan=False)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Person(_Record):
    """What wrote: the model, its adapter (empty without one) and its sampler."""

    model: Said
    adapter: str
    temperature: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] | None


class Process(_Record):
    """How: the lever and its operators in their order; `parents` are what the text was made of."""

    family: Family
    lever: Said
    operators: tuple[Said, ...]
    parents: tuple[IdeaId, ...]
    round: Annotated[int, Field(ge=0)]


class Press(_Record):
    """Under what: the papers shown, the persona, constraints and feedback."""

    papers: tuple[Annotated[PaperId, Field(min_length=1)], ...]
    without_papers: bool
    persona: str
    constraints: tuple[str, ...]
    feedback: tuple[str, ...]


class Product(_Record):
    """What came out, with its scores by name; a score that nobody could give is null."""

    id: Annotated[IdeaId, Field(min_length=1)]
    title: Said
    problem: Said
    mechanism: Said
    prediction: str
    evaluation: str
    dropped: str
    consequence: str
    level: Level
    scores: dict[Said, Score | None]


class FourPs(_Record):
    """One idea of a run, whole. `model_dump_json` writes it, `model_validate_json` reads it back."""

    person: Person
    process: Process
    press: Press
    product: Product

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.press.without_papers and self.press.papers:
            raise ValueError("an idea written without papers names papers")
        if self.product.id in self.process.parents:
            raise ValueError("an idea is its own parent")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records of a run; `faults` has a line for each idea whose origin is not whole."""

    records: tuple[FourPs, ...]
    faults: tuple[str, ...]


def record(idea: Idea, scores: Mapping[str, float | None], level: Level = Level.NONE) -> FourPs:
    """Raises:
    UserError: the idea, its origin or a score does not fit the schema; the message names the field.
    """
    origin, text = idea.origin, idea.text
    try:
        return FourPs(
            person=Person(model=origin.model, adapter=origin.adapter, temperature=origin.temperature),
            process=Process(
                family=origin.family,
                lever=origin.lever,
                operators=origin.operators,
                parents=idea.parents,
                round=idea.round,
            ),
            press=Press(
                papers=origin.papers,
                without_papers=origin.without_papers,
                persona=origin.persona,
                constraints=origin.constraints,
                feedback=origin.feedback,
            ),
            product=Product(
                id=idea.id,
                title=text.title,
                problem=text.problem,
                mechanism=text.mechanism,
                prediction=text.prediction,
                evaluation=text.evaluation,
                dropped=text.dropped,
                consequence=text.consequence,
                level=level,
                scores=dict(scores),
            ),
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join((error.title.casefold(), *map(str, first["loc"])))
        raise UserError(f"idea {idea.id}, {field}: {first['msg']}") from error


def records(
    ideas: Sequence[Idea],
    scores: Mapping[IdeaId, Mapping[str, float | None]],
    levels: Mapping[IdeaId, Level] | None = None,
) -> Records:
    """A record for each idea; what does not fit is told and never made to fit."""
    found: list[FourPs] = []
    faults: list[str] = []
    for idea in ideas:
        try:
            found.append(record(idea, scores.get(idea.id, {}), (levels or {}).get(idea.id, Level.NONE)))
        except UserError as error:
            faults.append(str(error))
    return Records(records=tuple(found), faults=tuple(faults))
