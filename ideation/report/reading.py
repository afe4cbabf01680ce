"""From a record back to ideas: what is exported or judged later starts from a run that is over."""

from __future__ import annotations

from core.errors import UserError
from ideation.idea import Idea, IdeaId, IdeaText, Origin
from ideation.report.record import IdeaRecord


def text_of(record: IdeaRecord) -> IdeaText:
    return IdeaText(**{name: getattr(record, name) for name in IdeaText.__dataclass_fields__})


def idea_of(record: IdeaRecord) -> Idea:
    """The idea as the run had it.

    Raises:
        UserError: its origin was not whole when the run was written.
    """
    person, process, press = record.person, record.process, record.press
    if person is None or process is None or press is None:
        raise UserError(f"the idea {record.id} has no whole origin: it cannot be used further")
    origin = Origin(
        family=process.family,
        lever=process.lever,
        model=person.model,
        adapter=person.adapter,
        temperature=person.temperature,
        operators=process.operators,
        papers=press.papers,
        persona=press.persona,
        constraints=press.constraints,
        feedback=press.feedback,
        without_papers=press.without_papers,
        probability=record.probability,
    )
    return Idea(
        id=IdeaId(record.id),
        text=text_of(record),
        origin=origin,
        parents=process.parents,
        round=process.round,
        notes=record.notes,
    )
