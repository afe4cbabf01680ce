"""Runs the arms of the families on one topic, every family at equal calls."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.embedder import Embedder
from core.errors import LimitReached
from ideation.arm import Arm, CallBudget, CountedMuse, Desk, Library, Produced, Rejected, Remembered
from ideation.costs import CostLedger
from ideation.families.agents.gate import Gate
from ideation.families.knowledge.facet_cache import CachingMuse, FacetsInMemory, FacetStore
from ideation.idea import Family, Idea
from ideation.muse import Muse
from ideation.plan import RunPlan

STAGE = "generate"
LEAST_IDEAS = 3
"""Methods that forbid, breed or fill cells need a few ideas to be themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One arm's turn."""

    arm: Arm
    wanted: int
    calls: int
    produced: Produced


@dataclass(slots=True, kw_only=True)
class Generator:
    """`muse` writes and `judge` grades for the arms; `remembered` are ideas of earlier runs, and `facets`
    those of papers that were read before.
    """

    plan: RunPlan
    arms: Mapping[Family, Sequence[Arm]]
    muse: Muse
    judge: Muse
    library: Library
    embedder: Embedder
    ledger: CostLedger
    remembered: Remembered = field(default_factory=Remembered)
    facets: FacetStore = field(default_factory=FacetsInMemory)
    gate: Gate = field(default_factory=lambda: Gate(stages=()))
    """What a person steers there stands in every later request."""
    total: CallBudget | None = None
    """Calls of the whole run, where families are compared at equal cost."""
    _turns: int = 0

    async def play(self, wanted: int, known: Sequence[Idea] = ()) -> tuple[Played, ...]:
        """`wanted` ideas, shared evenly among the families and within each among some of its arms.

        Families go one after another, so that each knows the ideas before it; a later round has other seeds.
        It ends with what it has where the run's budget is spent.
        """
        played: list[Played] = []
        self._turns += 1
        for family, share in zip(self.plan.families, shares(wanted, len(self.plan.families)), strict=True):
            chosen, spare = self._dealt(family, share)
            made = [idea for each in played for idea in each.produced.ideas]
            turns = [await self._turn(arm, n, (*known, *made)) for arm, n in _with_shares(chosen, share)]
            while spare and not any(turn.produced.ideas for turn in turns):
                turns.append(await self._turn(spare.pop(0), share, (*known, *made)))
            played += turns
        return tuple(played)

    def _dealt(self, family: Family, share: int) -> tuple[list[Arm], list[Arm]]:
        """So many arms that each has `LEAST_IDEAS` to make, and those that stand in where these give nothing;
        seeds and rounds begin at different ones.
        """
        arms = self.arms.get(family, ())
        count = min(len(arms), max(1, share // LEAST_IDEAS)) if share else 0
        start = (self.plan.seed + (self._turns - 1) * max(1, count)) % max(1, len(arms))
        dealt = [*arms[start:], *arms[:start]]
        return dealt[:count], dealt[count:] if share else []

    async def _turn(self, arm: Arm, wanted: int, known: Sequence[Idea]) -> Played:
        most = self.plan.calls_per_idea * wanted
        calls = CallBudget(most if self.total is None else min(most, self.total.left))
        seed = _seed(self.plan.seed, arm, self._turns)
        desk = Desk(
            topic=self.plan.topic,
            muse=CachingMuse(CountedMuse(self.muse, calls), self.facets),
            judge=CountedMuse(self.judge, calls),
            library=self.library,
            embedder=self.embedder,
            ledger=self.ledger,
            calls=calls,
            seed=seed,
            notes=self.plan.notes,
            known=tuple(known),
            remembered=self.remembered,
            advice=self.gate.steers,
            parallel=self.plan.parallel,
        )
        try:
            self.ledger.check()
            produced = await arm.run(desk, wanted)
        except LimitReached as limit:
            produced = Produced(ideas=(), stopped=str(limit))
        if self.total is not None:
            self.total.made += calls.made
        if len(produced.ideas) > wanted:
            over = [
                Rejected(
                    text=idea.text, lever=arm.lever, reason="more than were wanted", idea=idea, surplus=True
                )
                for idea in produced.ideas[wanted:]
            ]
            produced = replace(produced, ideas=produced.ideas[:wanted], rejected=(*produced.rejected, *over))
        if not produced.ideas:
            why = produced.stopped or "it found none"
            self.ledger.failed(STAGE, f"{arm.family}: {arm.lever} gave no idea: {why}")
        return Played(arm=arm, wanted=wanted, calls=calls.made, produced=produced)


def _with_shares(arms: Sequence[Arm], wanted: int) -> Iterable[tuple[Arm, int]]:
    return zip(arms, shares(wanted, len(arms)), strict=True)


def shares(whole: int, parts: int, start: int = 0) -> tuple[int, ...]:
    """`whole` in `parts` shares that differ by at most one; the larger ones begin at `start`."""
    if parts == 0:
        return ()
    each, over = divmod(whole, parts)
    return tuple(each + ((place - start) % parts < over) for place in range(parts))


def _seed(seed: int, arm: Arm, turn: int) -> int:
    name = f"{seed}|{arm.family}|{arm.lever}|{turn}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1
