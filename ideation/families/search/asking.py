"""Asking for ideas, in rounds that end: whatever a muse answers, a bounded number of calls is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from core.errors import LimitReached
from ideation.arm import Harvest
from ideation.idea import Idea
from ideation.muse import ProposeRequest

PATIENCE = 3
"""Rounds in a row that may bring nothing before an arm gives up."""
NOTHING_CAME = "several rounds in a row brought no idea that could be used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One call, and what its ideas are to remember of it."""

    request: ProposeRequest
    operators: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    parents: tuple[Idea, ...] = ()
    round: int = 0


async def ask_all(harvest: Harvest, asks: Sequence[Ask], *, most: int) -> list[Idea]:
    """Ideas of all calls in their order, at most `most`; calls run side by side, failures are counted.

    Raises:
        LimitReached: the budget was spent before anything came back.
    """
    desk, stage = harvest.desk, harvest.arm.lever
    replies = await desk.gather(stage, [partial(desk.muse.propose, ask.request) for ask in asks])
    found: list[Idea] = []
    for ask, reply in zip(asks, replies, strict=True):
        if reply is None:
            continue
        for proposal in desk.count_faults(stage, reply):
            if len(found) == most:
                return found
            if not proposal.text.whole:
                desk.ledger.failed(stage, "an idea without a word")
                continue
            idea = harvest.add(
                proposal,
                shown=ask.request.sources,
                parents=ask.parents,
                operators=ask.operators,
                persona=ask.request.persona,
                constraints=ask.constraints,
                round=ask.round,
                temperature=ask.request.temperature,
            )
            found.append(idea)
    return found


async def collect(
    harvest: Harvest, wanted: int, ask: Callable[[int, int], Ask], *, each: int = 1, side_by_side: bool = True
) -> str:
    """Fill the harvest up to `wanted` ideas, `each` a call; returns what ended it early, or "".

    `ask(number, count)` makes call `number` (from 0) for `count` ideas.
    """
    number = barren = 0
    try:
        while len(harvest.ideas) < wanted and barren < PATIENCE:
            left = wanted - len(harvest.ideas)
            width = min(harvest.desk.parallel, -(-left // each)) if side_by_side else 1
            counts = [min(each, left - at * each) for at in range(width)]
            asks = [ask(number + at, count) for at, count in enumerate(counts)]
            number += width
            found = await ask_all(harvest, asks, most=left)
            barren = 0 if found else barren + 1
    except LimitReached as limit:
        return str(limit)
    return NOTHING_CAME if len(harvest.ideas) < wanted else ""
