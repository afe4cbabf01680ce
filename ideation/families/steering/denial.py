"""Denial prompting (NeoGauge, arXiv 2407.09007): mechanisms used so far are forbidden in the next round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from core.errors import LimitReached
from ideation.arm import Desk, Harvest, Produced
from ideation.families.search.asking import NOTHING_CAME, PATIENCE, Ask, ask_all
from ideation.families.search.material import Material, call_seed
from ideation.idea import Family, Idea
from ideation.muse import ListRequest
from ideation.wordings import wording

QUESTION = wording("questions/mechanisms used")
TERMS_AN_IDEA = 3
LEAST_A_ROUND = 2
"""Of one idea alone nobody can tell its mechanism from its turns of speech."""
SHORTEST_TERM, LONGEST_TERM = 4, 60
"""Characters: a shorter term would forbid too much, a longer one is no term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialArm:
    """`rounds` of equal size; at most `most_denied` terms are forbidden, the first ones found.

    What the last `known` ideas of the run rely on is forbidden from the start.

    An idea that uses a forbidden term all the same is given up, whatever the muse checked.
    """

    rounds: int = 4
    most_denied: int = 60
    known: int = 8
    family: Family = Family.STEERING
    lever: str = "denial"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        harvest = Harvest(arm=self, desk=desk)
        material = Material(desk, self.lever)
        denied: dict[str, None] = {}
        number = barren = turn = 0
        stopped = ""
        a_round = max(LEAST_A_ROUND, -(-wanted // max(1, self.rounds)))
        try:
            if desk.known and wanted and self.known:
                await self._deny(desk, denied, list(desk.known[-self.known :]), turn)
            while len(harvest.ideas) < wanted and barren < PATIENCE:
                count = min(a_round, wanted - len(harvest.ideas))
                asks = [self._ask(material, number + at, tuple(denied), turn) for at in range(count)]
                number += count
                found = self._checked(harvest, await ask_all(harvest, asks, most=count), tuple(denied))
                barren = 0 if found else barren + 1
                turn += 1
                if found and len(harvest.ideas) < wanted:
                    await self._deny(desk, denied, found, turn)
            stopped = NOTHING_CAME if len(harvest.ideas) < wanted else ""
        except LimitReached as limit:
            stopped = str(limit)
        return harvest.produced(
            measures={"rounds": float(turn), "denied": float(len(denied))}, stopped=stopped
        )

    def _ask(self, material: Material, number: int, denied: tuple[str, ...], turn: int) -> Ask:
        return Ask(
            request=replace(material.request(number), forbidden=denied),
            operators=("denial",),
            constraints=tuple(f"not {term}" for term in denied),
            round=turn,
        )

    def _checked(self, harvest: Harvest, ideas: list[Idea], denied: tuple[str, ...]) -> list[Idea]:
        kept = []
        for idea in ideas:
            whole = idea.text.whole.casefold()
            if used := next((term for term in denied if term.casefold() in whole), None):
                harvest.reject(idea, f"uses what was forbidden: {used}")
            else:
                kept.append(idea)
        return kept

    async def _deny(self, desk: Desk, denied: dict[str, None], ideas: list[Idea], turn: int) -> None:
        for term in await self._terms(desk, ideas, turn):
            if len(denied) < self.most_denied:
                denied.setdefault(term)

    async def _terms(self, desk: Desk, ideas: list[Idea], turn: int) -> list[str]:
        """What the ideas rely on.

        Left out is what would forbid more than a mechanism: words of the topic, of the problems that were
        met, and turns of speech, which stand in all ideas and in none of their titles.
        """
        request = ListRequest(
            question=QUESTION,
            material=tuple(f"{idea.text.title}. {idea.text.mechanism}" for idea in ideas),
            count=TERMS_AN_IDEA * len(ideas),
            seed=call_seed(desk.seed, turn),
        )
        found = await desk.attempt(self.lever, partial(desk.muse.list, request)) or ()
        terms = (" ".join(term.split()).strip(" .") for term in found)
        return [
            term
            for term in terms
            if SHORTEST_TERM <= len(term) <= LONGEST_TERM and not _is_frame(term, desk.topic, ideas)
        ]


def _is_frame(term: str, topic: str, ideas: list[Idea]) -> bool:
    plain = term.casefold()
    if plain in topic.casefold() or any(plain in idea.text.problem.casefold() for idea in ideas):
        return True
    in_titles = any(plain in idea.text.title.casefold() for idea in ideas)
    return len(ideas) > 1 and not in_titles and all(plain in idea.text.whole.casefold() for idea in ideas)
