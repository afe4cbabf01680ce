"""The Teacher of rules: no model, no gold. It accepts what its own checks bear out."""

from __future__ import annotations

from collections.abc import Sequence

from atlas.offline.advice import Advice
from atlas.offline.distiller import distil_episodes
from atlas.offline.evidence import Sighting, sightings
from atlas.offline.findings import Findings
from atlas.offline.question import Question, read_question
from atlas.offline.values import fits, normal, same_key
from atlas.offline.vocabulary import AnswerType
from atlas.teacher import Review
from atlas.triage import Triage
from core.episode import Episode, Task, Verdict
from core.guidance import Guidance, GuidanceItem
from core.recorder import Recorder
from memory.items import ItemDraft

_TABLES_THAT_AGREE = 2


class OfflineTeacher:
    """Checks type, sighting, echo, event and agreement of tables; guides from fixed templates; distils facts.

    `accepted` needs the answer in records of the event in two tables; in one table it stays `unverified`.
    """

    name = "offline"

    async def review(self, task: Task, episode: Episode, guidance: Guidance, recorder: Recorder) -> Review:
        return review_episode(task, episode)

    async def distil(
        self,
        task: Task,
        episodes: Sequence[Episode],
        review: Review,
        reward: float,
        shown: tuple[GuidanceItem, ...],
        recorder: Recorder,
    ) -> tuple[ItemDraft, ...]:
        return distil_episodes(task, episodes, reward)

    async def close(self) -> None:
        return None


def review_episode(task: Task, episode: Episode) -> Review:
    """The rules, in the order in which they speak."""
    question = read_question(task.prompt)
    if not episode.answer:
        return _rejected("nothing was submitted", Advice.SUBMIT)
    problem = _problem_of_form(question, episode.answer)
    if problem:
        return problem
    if Findings(question).is_echo(same_key(question.answer_type, episode.answer)):
        return _rejected("the answer only repeats the question", Advice.NOT_AN_ECHO)
    found = sightings(question, episode, episode.answer)
    if not found and not _shown(episode, episode.answer):
        return _rejected("the answer stands in no observation", Advice.BE_SEEN)
    return _review_sightings(found)


class OfflineTriager:
    """Reads the question: the answer type is the cue that items are recalled by."""

    def triage(self, task: Task) -> Triage:
        question = read_question(task.prompt)
        return Triage(
            answer_type=question.answer_type.value,
            cues=cues_of(task.prompt),
            entities=tuple(entity.value for entity in question.entities),
        )


def cues_of(prompt: str) -> tuple[str, ...]:
    """The cues that items for this prompt are recalled by."""
    return (f"answer_type:{read_question(prompt).answer_type.value}",)


def _rejected(reason: str, *advice: Advice) -> Review:
    return Review(verdict=Verdict.REJECTED, reasons=(reason,), notes=tuple(a.value for a in advice))


def _problem_of_form(question: Question, answer: str) -> Review | None:
    parts = [part.strip() for part in answer.split(",")] if question.several else [answer]
    if question.answer_type is not AnswerType.OTHER and not all(fits(question.answer_type, p) for p in parts):
        return _rejected(f"the answer is no {question.answer_type.value}", Advice.FIT_THE_TYPE)
    return None


def _shown(episode: Episode, answer: str) -> bool:
    wanted = normal(answer)
    return any(wanted in normal(step.observation.text) for step in episode.steps if not step.action.is_submit)


def _review_sightings(found: list[Sighting]) -> Review:
    tables = {sighting.table for sighting in found if sighting.event_column}
    if not tables:
        return _rejected("no record of the asked event shows the answer", Advice.NAME_THE_EVENT)
    if len(tables) < _TABLES_THAT_AGREE:
        return Review(
            verdict=Verdict.UNVERIFIED,
            reasons=("the answer was seen in one table only",),
            notes=(Advice.CORROBORATE.value,),
        )
    return Review(verdict=Verdict.ACCEPTED, reasons=(f"{len(tables)} tables agree on the answer",))
