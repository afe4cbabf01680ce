"""Arms that differ from a plain call in one field of the request: verbalized sampling and sampler sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ideation.arm import Desk, Harvest, Produced
from ideation.families.search.asking import Ask, collect
from ideation.families.search.material import Material
from ideation.families.search.workshop import said_by
from ideation.idea import Family
from ideation.muse import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainArm:
    """The baseline of the family: one idea a call, asked for plainly."""

    family: Family = Family.STEERING
    lever: str = "plain"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        harvest = Harvest(arm=self, desk=desk)
        material = Material(desk, self.lever)
        stopped = await collect(
            harvest, wanted, lambda number, count: Ask(request=material.request(number, count=count))
        )
        return harvest.produced(stopped=stopped)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbalizedArm:
    """`k` ideas a call from the tail under probability `tail`; with `burst`, each call names the titles of
    the calls before (Verbalized Sampling, arXiv 2510.01171).

    The probabilities stand in the ideas' origins. They are not calibrated, and nothing here chooses by them.
    """

    k: int = 5
    tail: float = 0.10
    burst: bool = True
    most_said: int = 24
    family: Family = Family.STEERING
    lever: str = "verbalized"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        harvest = Harvest(arm=self, desk=desk)
        material = Material(desk, self.lever)

        def ask(number: int, count: int) -> Ask:
            said = said_by(harvest.ideas)[-self.most_said :] if self.burst else ()
            request = material.request(number, count=count, shape=Shape.VERBALIZED, said=said)
            return Ask(request=replace(request, tail=self.tail), operators=("verbalized",))

        stopped = await collect(harvest, wanted, ask, each=self.k, side_by_side=not self.burst)
        told = [idea.origin.probability for idea in harvest.ideas]
        known = [each for each in told if each is not None]
        measures = {
            "with_probability": len(known) / max(1, len(told)),
            "over_tail": sum(each > self.tail for each in known) / max(1, len(known)),
        }
        return harvest.produced(measures=measures, stopped=stopped)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerArm:
    """Plain calls at one temperature. A sweep is some of these, compared like any arms."""

    temperature: float
    family: Family = Family.STEERING

    @property
    def lever(self) -> str:
        return f"temperature_{self.temperature:g}"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        harvest = Harvest(arm=self, desk=desk)
        material = Material(desk, self.lever)

        def ask(number: int, count: int) -> Ask:
            request = material.request(number, count=count)
            return Ask(request=replace(request, temperature=self.temperature))

        stopped = await collect(harvest, wanted, ask)
        return harvest.produced(stopped=stopped)


def sweep(temperatures: Sequence[float]) -> tuple[SamplerArm, ...]:
    """One arm a temperature."""
    return tuple(SamplerArm(temperature=each) for each in dict.fromkeys(temperatures))
