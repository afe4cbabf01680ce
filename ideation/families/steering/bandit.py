"""A bandit over arms: the share of ideas that are new and above a bar decides who gets the next calls.

Thompson sampling on Beta posteriors (Thompson 1933): an arm is tried as often as it is likely to be the best.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.errors import LimitReached
from ideation.arm import Arm, CallBudget, CountedMuse, Desk, Produced, Rejected
from ideation.families.search.asking import PATIENCE
from ideation.families.search.material import call_seed
from ideation.families.search.twins import Twins
from ideation.families.search.workshop import texts_of
from ideation.families.search.worth import CRITERIA, Ratings
from ideation.idea import Family, Idea
from ideation.muse import Criterion


@dataclass(slots=True, kw_only=True)
class Posterior:
    """What is known of each arm's share, from a flat start."""

    hits: Counter[str] = field(default_factory=Counter)
    misses: Counter[str] = field(default_factory=Counter)

    def draw(self, names: Sequence[str], chance: random.Random) -> str:
        """The arm with the highest draw; those that were never tried come first, in any order."""
        untried = [name for name in names if not self.hits[name] + self.misses[name]]
        if untried:
            return chance.choice(untried)
        drawn = {name: chance.betavariate(1 + self.hits[name], 1 + self.misses[name]) for name in names}
        return max(names, key=lambda name: drawn[name])

    def told(self, name: str, hit: bool) -> None:
        (self.hits if hit else self.misses)[name] += 1

    def share(self, name: str) -> float:
        tried = self.hits[name] + self.misses[name]
        return self.hits[name] / tried if tried else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BanditArm:
    """Pulls of `step` ideas over `arms`. A hit is an idea that repeats none before and is graded `bar` or
    more.

    An idea that nobody could grade counts as neither; a pull without an idea is one miss. All ideas are
    kept, under this arm's lever, with the arm that made them first among their operators.
    """

    arms: tuple[Arm, ...]
    step: int = 2
    calls_an_idea: int = 6
    """Calls that one pull may make for each idea."""
    bar: float = 3.5
    criteria: tuple[Criterion, ...] = CRITERIA
    family: Family = Family.STEERING
    lever: str = "bandit"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        posterior, chance = Posterior(), random.Random(f"{desk.seed}|bandit")
        ratings, twins = Ratings(desk, self.lever, self.criteria), Twins(desk, self.lever)
        ideas: list[Idea] = []
        rejected: list[Rejected] = []
        pulls: Counter[str] = Counter()
        known = {arm.lever: arm for arm in self.arms}
        barren, stopped = 0, ""
        try:
            while known and len(ideas) < wanted and barren < PATIENCE + len(known):
                desk.ledger.check()
                if desk.calls.left <= 0:
                    stopped = "the calls of the arm are spent"
                    break
                name = posterior.draw(tuple(known), chance)
                number = pulls.total()
                pulls[name] += 1
                made = await self._pull(desk, known[name], number, min(self.step, wanted - len(ideas)))
                rejected += made.rejected
                found = [self._own(idea, name) for idea in made.ideas]
                barren = 0 if found else barren + 1
                if not found:
                    posterior.told(name, False)
                earlier = [*desk.known, *ideas]
                ideas += found
                for idea in found:
                    await self._learn(posterior, name, idea, earlier, ratings, twins)
                    earlier.append(idea)
        except LimitReached as limit:
            stopped = str(limit)
        measures: dict[str, float] = {}
        for name in known:
            measures[f"pulls_{name}"] = float(pulls[name])
            measures[f"share_{name}"] = posterior.share(name)
        if len(ideas) < wanted and not stopped:
            stopped = "the arms brought no more ideas"
        return Produced(ideas=tuple(ideas), rejected=tuple(rejected), measures=measures, stopped=stopped)

    async def _pull(self, desk: Desk, arm: Arm, number: int, count: int) -> Produced:
        """One arm, with a slice of the calls and a seed of its own, so that no id comes twice."""
        calls = CallBudget(min(desk.calls.left, self.calls_an_idea * count))
        inner = replace(
            desk,
            muse=CountedMuse(desk.muse, calls),
            judge=CountedMuse(desk.judge, calls),
            calls=calls,
            seed=call_seed(desk.seed, number),
        )
        return await arm.run(inner, count)

    def _own(self, idea: Idea, name: str) -> Idea:
        operators = (name, *idea.origin.operators)
        return replace(idea, origin=replace(idea.origin, lever=self.lever, operators=operators))

    async def _learn(
        self,
        posterior: Posterior,
        name: str,
        idea: Idea,
        earlier: list[Idea],
        ratings: Ratings,
        twins: Twins,
    ) -> None:
        if await twins.twin(idea.text, texts_of(earlier), judged=False) is not None:
            posterior.told(name, False)
            return
        value = (await ratings.rate(idea)).value
        if value is not None:
            posterior.told(name, value >= self.bar)
