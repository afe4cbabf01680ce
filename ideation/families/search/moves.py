"""How a search makes a new text of an idea; the four moves of IRIS (arXiv 2504.16728) are among them."""

from __future__ import annotations

from enum import StrEnum
from functools import partial

from ideation.families.search.material import SHOWN, call_seed, find
from ideation.families.search.workshop import Workshop
from ideation.idea import Idea
from ideation.muse import Grade, ListRequest, Operator, ReviseRequest, Source
from ideation.wordings import wording

PARTS = ("title", "problem", "mechanism", "prediction", "evaluation", "dropped", "consequence")
TOUCHES = {
    "novelty": ("title", "mechanism", "dropped", "consequence"),
    "validity": ("mechanism", "prediction", "evaluation"),
    "significance": ("title", "problem", "consequence"),
}
"""The parts that a low grade puts up for change; a criterion that is not named here puts up all."""
BAR = 4
"""Grades under it are fed back."""

REFRAME = wording("directions/reframe")
REFINE = wording("directions/refine")
RETRIEVE = wording("directions/retrieve and refine")
LOOK_UP = wording("questions/look up")

CROSSOVER = Operator(
    deck="evolution",
    name="crossover",
    instruction=wording("operators/crossover"),
)
MUTATE = (
    wording("directions/mutate the mechanism"),
    wording("directions/mutate what is taken for granted"),
    wording("directions/mutate the place"),
)
REWRITE = wording("directions/rewrite")


class Move(StrEnum):
    """What leads from one node of a tree to the next."""

    GENERATE = "generate"
    REFRAME = "reframe"
    REFINE = "refine"
    RETRIEVE = "retrieve and refine"


REVISIONS = (Move.REFINE, Move.REFRAME, Move.RETRIEVE)


async def move(work: Workshop, idea: Idea, kind: Move, number: int) -> Idea | None:
    """A child by one of the revisions; the idea itself where nothing changed, None where nothing came back.

    Raises:
        LimitReached: the budget is spent.
    """
    rating = work.ratings.of(idea.id)
    low = rating.low(BAR) if rating else ()
    sources = work.material.sample(number)
    if kind is Move.RETRIEVE:
        sources = await _looked_up(work, idea, number) or sources
    direction = {Move.REFRAME: REFRAME, Move.RETRIEVE: RETRIEVE}.get(kind, REFINE)
    request = ReviseRequest(
        topic=work.desk.topic,
        idea=idea.text,
        direction=direction,
        weaknesses=() if kind is Move.REFRAME else weaknesses_of(low),
        keep=kept_parts(low) if low and kind is Move.REFINE else (),
        sources=sources,
        seed=call_seed(work.desk.seed, number),
    )
    return await work.revised(idea, request, kind.value)


def weaknesses_of(low: tuple[Grade, ...]) -> tuple[str, ...]:
    return tuple(f"{grade.criterion}: {grade.reason}" for grade in low)


def kept_parts(low: tuple[Grade, ...]) -> tuple[str, ...]:
    """Parts of an idea that no low grade puts up for change."""
    touched = {part for grade in low for part in TOUCHES.get(grade.criterion, PARTS)}
    return tuple(part for part in PARTS if part not in touched)


async def _looked_up(work: Workshop, idea: Idea, number: int) -> tuple[Source, ...]:
    desk = work.desk
    request = ListRequest(
        question=LOOK_UP, material=(idea.text.whole,), count=1, seed=call_seed(desk.seed, number)
    )
    queries = await desk.attempt(work.stage, partial(desk.muse.list, request))
    return find(desk, work.stage, queries[0], SHOWN) if queries else ()
