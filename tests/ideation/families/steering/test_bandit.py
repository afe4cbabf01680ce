from __future__ import annotations

import random
from dataclasses import dataclass

from ideation.arm import Desk, Harvest, Produced
from ideation.families.steering.bandit import BanditArm, Posterior
from ideation.families.steering.shapes import PlainArm, VerbalizedArm
from ideation.idea import Family
from ideation.muse import Proposal
from tests.ideation.families.search.papers import CannedMuse, RaisingMuse, desk, idea_text


@dataclass
class Fixed:
    """Gives ideas of one kind; `kind` decides how a judge grades them, `repeats` whether they are all one."""

    lever: str
    kind: int
    repeats: bool = False
    family: Family = Family.STEERING
    made: int = 0

    async def run(self, desk: Desk, wanted: int) -> Produced:
        harvest = Harvest(arm=self, desk=desk)
        for _ in range(wanted):
            harvest.add(Proposal(text=idea_text(0 if self.repeats else self.kind + 11 * self.made)))
            self.made += 1
        return harvest.produced()


def test_2_12_the_better_arm_is_drawn_more_often() -> None:
    posterior, chance = Posterior(), random.Random(1)
    shares = {"good": 0.8, "bad": 0.2}
    pulls = {"good": 0, "bad": 0}
    for _ in range(300):
        name = posterior.draw(tuple(shares), chance)
        pulls[name] += 1
        posterior.told(name, chance.random() < shares[name])
    assert pulls["good"] > 6 * pulls["bad"] > 0
    assert posterior.share("good") > posterior.share("bad")
    assert posterior.share("unknown") == 0.0


async def test_2_12_the_share_of_new_and_good_ideas_decides_the_next_budget() -> None:
    judge = CannedMuse(score=lambda request: 5 if "iron" in request.idea.title else 2)
    arms = (Fixed("good", kind=2), Fixed("dull", kind=4), Fixed("again", kind=0, repeats=True))
    place = desk(CannedMuse(), judge, calls=999)
    found = await BanditArm(arms=arms, step=1).run(place, 60)
    pulls = {name: found.measures[f"pulls_{name}"] for name in ("good", "dull", "again")}
    assert sum(pulls.values()) == 60
    assert pulls["good"] > 2 * (pulls["dull"] + pulls["again"])
    assert found.measures["share_good"] > 0.8
    assert found.measures["share_dull"] == 0.0
    assert found.measures["share_again"] == 0.0


async def test_2_12_ideas_are_the_bandits_and_say_which_arm_made_them() -> None:
    found = await BanditArm(arms=(PlainArm(), VerbalizedArm()), step=2).run(desk(CannedMuse()), 8)
    assert {idea.origin.lever for idea in found.ideas} == {"bandit"}
    assert {idea.origin.operators[0] for idea in found.ideas} == {"plain", "verbalized"}
    assert len({idea.id for idea in found.ideas}) == 8


async def test_2_12_what_nobody_graded_counts_as_neither() -> None:
    found = await BanditArm(arms=(PlainArm(),)).run(desk(CannedMuse(), RaisingMuse()), 6)
    assert len(found.ideas) == 6
    assert found.measures["share_plain"] == 0.0
    posterior = Posterior()
    assert posterior.hits.total() + posterior.misses.total() == 0


async def test_2_12_a_pull_spends_no_more_than_its_slice_and_all_no_more_than_the_budget() -> None:
    place = desk(CannedMuse(), calls=40)
    found = await BanditArm(arms=(PlainArm(), VerbalizedArm()), calls_an_idea=2).run(place, 50)
    assert place.calls.made <= 40
    assert found.ideas
    assert found.stopped


async def test_without_arms_there_is_nothing_to_pull() -> None:
    found = await BanditArm(arms=()).run(desk(), 3)
    assert (found.ideas, found.stopped) == ((), "the arms brought no more ideas")
