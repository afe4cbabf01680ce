"""Candidates with a planted truth, to export and to learn from."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

from ideation.families.adapters.candidates import Candidate
from ideation.families.adapters.features import Judged
from ideation.idea import Family, Idea, IdeaText, Origin, new_idea
from ideation.muse import Source
from tests.ideation.families.agents.papers import SOURCES, TOPIC, text

DAY = date(2025, 3, 1)
_GOOD = ("lattice", "gradient", "resonant", "osmotic", "layered", "porous", "ionic", "thermal")
_PLAIN = ("thing", "stuff", "device", "box", "part", "piece", "item", "unit")


def idea(number: int, words: IdeaText | None = None, *, papers: tuple[Source, ...] = ()) -> Idea:
    origin = Origin(
        family=Family.STEERING, lever="plain", model="offline", papers=tuple(each.paper for each in papers)
    )
    return new_idea(words or text(number), origin, seed=0, number=number)


def candidate(number: int, words: IdeaText | None = None, **more: object) -> Candidate:
    shown: tuple[Source, ...] = more.pop("background", SOURCES[:2])  # type: ignore[assignment]
    made = Candidate(idea=idea(number, words, papers=shown), topic=TOPIC, made=DAY, tier=1, background=shown)
    return replace(made, **more)  # type: ignore[arg-type]


def flipped(number: int) -> IdeaText:
    return replace(
        text(number),
        dropped="That salt has to leave the water rather than the water the salt.",
        consequence="A cell may be small enough to hold in one hand.",
    )


def judged_ideas(topics: int, each: int, *, seed: int = 0) -> tuple[list[Judged], list[float]]:
    """Ideas whose worth is in their words and in whether their test compares, and a little chance."""
    chance = random.Random(seed)
    ideas, worth = [], []
    for number in range(topics * each):
        good = chance.random()
        words = [chance.choice(_GOOD if chance.random() < good else _PLAIN) for _ in range(30)]
        compares = chance.random() < good
        ideas.append(
            Judged(
                id=f"i{number}",
                text=IdeaText(
                    title=f"{words[0]} {words[1]} for water",
                    problem=f"The {words[2]} {words[3]} fails at night in harbours.",
                    mechanism=" ".join(words),
                    prediction="If so, the flow changes." if compares else "It is fine.",
                    evaluation="Measure it against a baseline." if compares else "Look at it.",
                ),
                topic=f"topic {number % topics}",
            )
        )
        worth.append(good + chance.gauss(0, 0.1))
    return ideas, worth
