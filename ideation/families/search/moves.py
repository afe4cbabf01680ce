"""How a search makes a new text of an idea; the four moves of IRIS (arXiv 2504.16728) are among them."""

from __future__ import annotations

from enum import StrEnum
from functools import partial

from ideation.families.search.material import SHOWN, call_seed, find
from ideation.families.search.workshop import Workshop
from ideation.idea import Idea
from ideation.muse import Grade, ListRequest, Operator, ReviseRequest, Source

PARTS = ("title", "problem", "mechanism", "prediction", "evaluation", "dropped", "consequence")
TOUCHES = {
    "novelty": ("title", "mechanism", "dropped", "consequence"),
    "validity": ("mechanism", "prediction", "evaluation"),
    "significance": ("title", "problem", "consequence"),
}
"""The parts that a low grade puts up for change; a criterion that is not named here puts up all."""
BAR = 4
"""Grades under it are fed back."""

REFRAME = (
    "state the problem anew: for whom, at what scale or in what setting is it another problem?"
    " Fit the rest to it."
)
REFINE = "make it stronger where it is weak, and leave alone what is good."
RETRIEVE = "use what the papers below offer to mend the weak parts; name what you use."
LOOK_UP = (
    "What would one have to look up to make this idea stronger? Give search queries of two to five words."
)

CROSSOVER = Operator(
    deck="evolution",
    name="crossover",
    instruction="Make one idea of the ideas above: take the core of one, and join to it what makes another"
    " work. It must be more than both side by side.",
)
MUTATE = (
    "change one thing of the mechanism: its means, its order, its place or its scale.",
    "turn round what the mechanism takes for granted, and follow that through.",
    "keep the mechanism and let it work on another part of the problem.",
)
REWRITE = "keep only the problem: let another mechanism, of another kind, solve it."


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
