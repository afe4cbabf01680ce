"""Ideas from inspirations: papers that screening kept because they could answer the question in a new way."""

from __future__ import annotations

from dataclasses import dataclass, field

from ideation.arm import Desk, Produced
from ideation.families.knowledge.screening import Screened, Screening, screen
from ideation.families.knowledge.sitting import Sitting, Wish
from ideation.idea import Family
from ideation.muse import Operator, Source
from ideation.wordings import wording

TAKE_OVER = wording("operators/take over")


@dataclass(frozen=True, slots=True, kw_only=True)
class InspirationScreening:
    """Screens the `near` best papers on the topic and, where the non-obvious is wanted, `others` at random.

    For one idea at most `tries` wishes are made.
    """

    near: int = 45
    others: int = 45
    background: int = 3
    tries: int = 3
    screening: Screening = field(default_factory=lambda: Screening(rounds=2, enough=6))

    @property
    def family(self) -> Family:
        return Family.KNOWLEDGE

    @property
    def lever(self) -> str:
        return "inspirations"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        sitting = Sitting(self, desk, wanted)
        measures: dict[str, float] = {}
        return await sitting.finish(self._work(sitting, measures), lambda: measures)

    async def _work(self, sitting: Sitting, measures: dict[str, float]) -> None:
        desk = sitting.desk
        background = desk.library.search(desk.topic, self.background)
        pool = pool_of(sitting, self.near, self.others if self.screening.non_obvious else 0)
        found = await screen(desk, sitting.stage, desk.topic, pool, self.screening)
        measures.update(screened=len(pool), windows=found.windows, windows_by_rule=found.by_rule)
        if not found.kept:
            return
        for round_ in range(self.tries):
            wishes = [
                self._wish(found, background, round_ * sitting.wanted + at) for at in range(sitting.missing)
            ]
            await sitting.ask(wishes)

    def _wish(self, found: Screened, background: tuple[Source, ...], number: int) -> Wish:
        inspiration = found.kept[number % len(found.kept)]
        beside = [each for each in background if each.paper != inspiration.paper]
        context = (beside[number // len(found.kept) % len(beside)],) if beside else ()
        kind = "non-obvious" if self.screening.non_obvious else "similar"
        return Wish(
            sources=(*context, inspiration),
            operator=Operator(
                deck="inspirations",
                name=kind,
                instruction=TAKE_OVER,
            ),
            tags=(f"inspiration:{inspiration.paper}", f"screening_rounds:{len(found.rounds)}"),
        )


def pool_of(sitting: Sitting, near: int, others: int) -> tuple[Source, ...]:
    """The best papers on the topic, and others at random."""
    library, chance = sitting.desk.library, sitting.chance("pool")
    found = library.search(sitting.desk.topic, near)
    if not others:
        return found
    held = {each.paper for each in found}
    rest = [paper for paper in library.papers() if paper not in held]
    drawn = chance.sample(rest, min(others, len(rest)))
    pool = [*found, *(source for paper in drawn if (source := library.get(paper)) is not None)]
    # Else the first windows would be full of what is near, and the last of what is not.
    chance.shuffle(pool)
    return tuple(pool)
