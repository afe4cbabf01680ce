"""A muse without a model: it recombines what papers say, by rules, and says so.

An idea of it is a transfer: the problem of one source met by the mechanism of another, turned by an operator.
It understands nothing. It is there so that everything runs without a key, and as the floor under which no
model should fall.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ideation.corpus.identity import PaperId
from ideation.facets import FacetKind, PaperFacets, read_facets
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
from ideation.muses.grading import grade
from ideation.muses.phrases import phrases

NAME = "offline"
_TRIES = 12
"""Draws for one idea before it is given up."""
_TOP = 4
"""Phrases of a facet among which is drawn."""


class OfflineMuse:
    """Deterministic: equal requests get equal answers."""

    @property
    def name(self) -> str:
        return NAME

    async def propose(self, request: ProposeRequest) -> Proposed:
        chance = random.Random(f"{request.seed}|{request.topic}|{request.persona}|{request.operator}")
        said = {title.casefold() for title in request.said}
        found: list[Proposal] = []
        for _ in range(request.count * _TRIES):
            if len(found) == request.count:
                break
            proposal = _propose(request, chance)
            title = proposal.text.title.casefold()
            if title not in said and not _uses(proposal.text, request.forbidden):
                said.add(title)
                found.append(proposal)
        missing = request.count - len(found)
        faults = (f"{missing} of {request.count} ideas: no new combination was left",) if missing else ()
        return Proposed(proposals=tuple(found), faults=faults)

    async def revise(self, request: ReviseRequest) -> IdeaText:
        chance = random.Random(f"{request.seed}|{request.idea.whole}|{request.direction}")
        near = {source.paper for source in request.unlike}
        others = [source for source in request.sources if source.paper not in near]
        lines = [*request.weaknesses, request.direction]
        text = request.idea
        if others and "mechanism" not in request.keep:
            source = chance.choice(others)
            phrase = _draw(_facet(source, FacetKind.MECHANISM), chance)
            text = replace(
                text,
                title=_title(phrase, _draw(text.problem, chance)),
                mechanism=f"{_first_sentence(text.mechanism)} In place of the usual step, {phrase} is used,"
                f" as in [{source.paper}].",
            )
        aims = phrases(" ".join(line for line in lines if line))
        if aims and "evaluation" not in request.keep:
            text = replace(
                text,
                evaluation=f"{_first_sentence(text.evaluation)} It is asked first about {aims[0]}.",
            )
        kept = {name: getattr(request.idea, name) for name in request.keep}
        return replace(text, **kept)

    async def grade(self, request: ReviewRequest) -> Grade:
        return grade(request)

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        chance = random.Random(f"{request.seed}|{request.question}")
        best = [phrases(text)[: 2 * _TOP] for text in request.material]
        chance.shuffle(best)
        turns = [each[place] for place in range(2 * _TOP) for each in best if place < len(each)]
        return tuple(dict.fromkeys(turns))[: request.count]

    async def facets(self, source: Source) -> PaperFacets:
        return read_facets(source.paper, source.title, source.abstract)


def _propose(request: ProposeRequest, chance: random.Random) -> Proposal:
    problem, where = _problem(request, chance)
    mechanism, how = _mechanism(request, chance, where)
    measured = _draw(_evaluation(request.sources, where), chance) or "the outcome"
    turn = f" {_turn(request)}" if request.operator else ""
    papers = tuple(dict.fromkeys(paper for paper in (where, how) if paper is not None))
    shown = [f"[{paper}]" for paper in papers]
    text = IdeaText(
        title=_title(mechanism, problem),
        problem=f"What stands in the way in {request.topic.rstrip('?.! ')} is {problem}"
        + (f" ({shown[0]})." if where else "."),
        mechanism=f"Meet it with {mechanism}"
        + (f", which works elsewhere ([{how}])" if how else "")
        + f": what {mechanism} does there, it is to do for {problem}.{turn}",
        prediction=f"If it holds, {measured} changes once {mechanism} is brought in; if not, it stays where"
        " it is, with everything else left alone.",
        evaluation=f"Measure {measured} with {mechanism} and without it, against the best of what is used for"
        f" {problem} now.",
    )
    if request.shape is Shape.BIT_FLIP or (request.operator and "flip" in request.operator.name):
        text = replace(
            text,
            dropped=f"That {problem} has to be dealt with by the means of its own field.",
            consequence=f"What is known of {mechanism} becomes usable for {problem}.",
        )
    probability = round(1.0 / (1 + chance.randrange(8)), 3) if request.shape is Shape.VERBALIZED else None
    if probability is not None and request.tail is not None:
        probability = round(probability * request.tail, 4)
    return Proposal(text=text, papers=papers, probability=probability)


def _problem(request: ProposeRequest, chance: random.Random) -> tuple[str, PaperId | None]:
    if request.parents:
        return _draw(chance.choice(request.parents).problem, chance, topic=request.topic), None
    if not request.sources:
        return _draw(f"{request.topic}. {request.notes}", chance), None
    telling = [each for each in request.sources if _tells_a_problem(each)] or list(request.sources)
    source = chance.choice(telling)
    kind = chance.choice((FacetKind.PROBLEM, FacetKind.LIMITATION, FacetKind.FUTURE))
    return _draw(_facet(source, kind) or _facet(source, FacetKind.PROBLEM), chance), source.paper


def _tells_a_problem(source: Source) -> bool:
    open_ends = {FacetKind.PROBLEM, FacetKind.LIMITATION, FacetKind.FUTURE}
    return source.facets is None or any(facet.kind in open_ends for facet in source.facets.facets)


def _mechanism(
    request: ProposeRequest, chance: random.Random, where: PaperId | None
) -> tuple[str, PaperId | None]:
    others = [source for source in request.sources if source.paper != where] or list(request.sources)
    if others:
        source = chance.choice(others)
        return _draw(_facet(source, FacetKind.MECHANISM), chance), source.paper
    if request.parents:
        return _draw(chance.choice(request.parents).mechanism, chance, topic=request.topic), None
    material = f"{request.operator.instruction if request.operator else ''} {request.persona} {request.notes}"
    return _draw(material, chance) or "a means from another field", None


def _evaluation(sources: Sequence[Source], where: PaperId | None) -> str:
    return next((_facet(each, FacetKind.EVALUATION) for each in sources if each.paper == where), "")


def _turn(request: ProposeRequest) -> str:
    assert request.operator is not None
    return f"By way of {request.operator.name}: {_first_sentence(request.operator.instruction)}"


def _facet(source: Source, kind: FacetKind) -> str:
    facets = source.facets or read_facets(source.paper, source.title, source.abstract)
    return " ".join(facets.of(kind)) or (source.title if kind is not FacetKind.EVALUATION else "")


def _draw(text: str, chance: random.Random, *, topic: str = "") -> str:
    """One of the telling phrases of a text, the most telling the likeliest; the topic's own are left out."""
    known = topic.casefold()
    best = [phrase for phrase in phrases(text) if phrase.casefold() not in known][:_TOP]
    if not best:
        return text.strip()[:60]
    return chance.choices(best, weights=range(len(best), 0, -1))[0]


def _title(mechanism: str, problem: str) -> str:
    title = f"{mechanism} for {problem}"
    return title[:1].upper() + title[1:]


def _first_sentence(text: str) -> str:
    return text.split(". ")[0].rstrip(".") + "."


def _uses(text: IdeaText, forbidden: tuple[str, ...]) -> bool:
    whole = text.whole.casefold()
    return any(word.casefold() in whole for word in forbidden if word.strip())
