"""A second burst: what has not been said yet, given the titles of what has.

The list of titles does not grow without limit: over `most_said` it is cut to the medoids of all ideas.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import LimitReached, ProviderError
from ideation.arm import Desk, Harvest, Produced
from ideation.families.search.asking import NOTHING_CAME, PATIENCE, Ask, ask_all
from ideation.families.search.material import Material
from ideation.families.search.saturation import BATCH, LEAST_UNIQUE, Saturation
from ideation.families.search.twins import KeptVectors, Twins
from ideation.families.search.workshop import texts_of
from ideation.families.steering.medoids import medoids
from ideation.idea import Family, Idea


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondBurstArm:
    """Calls of `batch` ideas, each shown what was said by the run and the arm before; ends when hardly any is
    new any more.
    """

    batch: int = 4
    most_said: int = 24
    window: int = BATCH
    least_unique: float = LEAST_UNIQUE
    family: Family = Family.STEERING
    lever: str = "second_burst"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        harvest = Harvest(arm=self, desk=desk)
        material = Material(desk, self.lever)
        vectors, twins = KeptVectors(desk.embedder), Twins(desk, self.lever)
        saturation = Saturation(batch=self.window, least=self.least_unique)
        number = barren = 0
        stopped = ""
        try:
            while len(harvest.ideas) < wanted and barren < PATIENCE and not saturation.reached:
                earlier = [*desk.known, *harvest.ideas]
                said = said_for_all(desk, self.lever, vectors, earlier, self.most_said)
                count = min(self.batch, wanted - len(harvest.ideas))
                ask = Ask(
                    request=material.request(number, count=count, said=said), operators=("not said yet",)
                )
                number += 1
                found = await ask_all(harvest, [ask], most=count)
                barren = 0 if found else barren + 1
                for idea in found:
                    twin = await twins.twin(idea.text, texts_of(earlier), judged=False)
                    saturation.add(twin is None)
                    earlier.append(idea)
            if len(harvest.ideas) < wanted:
                stopped = saturation.reason if saturation.reached else NOTHING_CAME
        except LimitReached as limit:
            stopped = str(limit)
        return harvest.produced(measures={"unique_share_last_batch": saturation.share}, stopped=stopped)


def said_for_all(
    desk: Desk, stage: str, vectors: KeptVectors, ideas: list[Idea], most: int
) -> tuple[str, ...]:
    """Titles that stand for all ideas, `most` of them at most; the latest where the embedder fails."""
    if len(ideas) <= most:
        return tuple(idea.text.title for idea in ideas)
    try:
        chosen = medoids(vectors.embed([idea.text.whole for idea in ideas]), most)
    except ProviderError as error:
        desk.ledger.failed(stage, f"{type(error).__name__}: {error}")
        chosen = list(range(len(ideas) - most, len(ideas)))
    return tuple(ideas[at].text.title for at in chosen)
