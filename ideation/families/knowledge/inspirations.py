"""Ideas from inspirations: papers that screening kept because they could answer the question in a new way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from ideation.arm import Desk, Produced
from ideation.families.knowledge.screening import Screened, Screening, screen
from ideation.families.knowledge.sitting import Sitting, Wish
from ideation.idea import Family
from ideation.muse import Operator, Source
from ideation.wordings import wording

INSPIRATION = "inspiration:"


def take_over(name: str) -> Operator:
    """What is asked of an idea that takes up an inspiration."""
    return Operator(deck="inspirations", name=name, instruction=wording("operators/take over"))


@dataclass(frozen=True, slots=True, kw_only=True)
class InspiredArm(ABC):
    """Screens the `near` best papers on the topic, and `others` at random where the non-obvious is wanted."""

    near: int = 45
    others: int = 45
    tries: int = 3
    screening: Screening = field(default_factory=lambda: Screening(rounds=2, enough=6))

    @property
    def family(self) -> Family:
        return Family.KNOWLEDGE

    @property
    @abstractmethod
    def lever(self) -> str: ...

    async def run(self, desk: Desk, wanted: int) -> Produced:
        sitting = Sitting(self, desk, wanted)
        measures: dict[str, float] = {}
        return await sitting.finish(self._work(sitting, measures), lambda: measures)

    async def _work(self, sitting: Sitting, measures: dict[str, float]) -> None:
        pool = self._pool(sitting)
        found = await screen(sitting.desk, sitting.stage, sitting.desk.topic, pool, self.screening)
        measures.update(screened=len(pool), windows=found.windows, windows_by_rule=found.by_rule)
        if found.kept:
            await self._write(sitting, found, measures)

    @abstractmethod
    async def _write(self, sitting: Sitting, found: Screened, measures: dict[str, float]) -> None:
        """Ask for ideas from what screening kept, and add what there is to measure."""

    def _pool(self, sitting: Sitting) -> tuple[Source, ...]:
        library, chance = sitting.desk.library, sitting.chance("pool")
        found = library.search(sitting.desk.topic, self.near)
        if not (self.others and self.screening.non_obvious):
            return found
        held = {each.paper for each in found}
        rest = [paper for paper in library.papers() if paper not in held]
        drawn = chance.sample(rest, min(self.others, len(rest)))
        pool = [*found, *(source for paper in drawn if (source := library.get(paper)) is not None)]
        # Else the first windows would be full of what is near, and the last of what is not.
        chance.shuffle(pool)
        return tuple(pool)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspirationScreening(InspiredArm):
    """An idea for each inspiration beside one of `background` papers on the topic.

    For one idea at most `tries` wishes are made.
    """

    background: int = 3

    @property
    def lever(self) -> str:
        return "inspirations"

    async def _write(self, sitting: Sitting, found: Screened, measures: dict[str, float]) -> None:
        background = sitting.desk.library.search(sitting.desk.topic, self.background)
        for round_ in range(self.tries):
            wishes = [
                self._wish(found, background, round_ * sitting.wanted + at) for at in range(sitting.missing)
            ]
            await sitting.ask(wishes)

    def _wish(self, found: Screened, background: tuple[Source, ...], number: int) -> Wish:
        inspiration = found.kept[number % len(found.kept)]
        beside = [each for each in background if each.paper != inspiration.paper]
        context = (beside[number // len(found.kept) % len(beside)],) if beside else ()
        return Wish(
            sources=(*context, inspiration),
            operator=take_over("non-obvious" if self.screening.non_obvious else "similar"),
            tags=(f"{INSPIRATION}{inspiration.paper}", f"screening_rounds:{len(found.rounds)}"),
        )
