"""What every search has on its bench: a harvest, papers, ratings, twins and the lineage, kept in step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ideation.arm import Arm, Desk, Harvest
from ideation.families.search.asking import Ask, ask_all
from ideation.families.search.lineage import Fate, Lineage, Searched, held
from ideation.families.search.material import Material
from ideation.families.search.twins import Twins
from ideation.families.search.worth import CRITERIA, Ratings, affordable, order_key
from ideation.idea import Idea, IdeaText, text_diff
from ideation.muse import Criterion, Operator, ReviseRequest, Source

STOP_PHRASE = "nothing to change"
"""The title by which a muse says that an idea is as it should be."""


class Workshop:
    """The work of one search arm. Every text it makes stands in the lineage, whatever becomes of it."""

    def __init__(self, arm: Arm, desk: Desk, wanted: int, criteria: tuple[Criterion, ...] = CRITERIA) -> None:
        """With few calls for each idea `wanted`, only the first criteria are graded."""
        self.desk, self.stage = desk, arm.lever
        self.harvest = Harvest(arm=arm, desk=desk)
        self.material = Material(desk, arm.lever)
        self.ratings = Ratings(desk, arm.lever, affordable(criteria, desk.calls.left, wanted))
        self.twins = Twins(desk, arm.lever)
        self.lineage = Lineage()
        self.number = 0
        """Calls for new ideas so far; the next one's number."""

    async def drafts(
        self, count: int, *, said: tuple[str, ...] = (), operator: str = "generate"
    ) -> list[Idea]:
        """New ideas, one a call, at most `count`.

        Raises:
            LimitReached: the budget was spent before anything came back.
        """
        asks = [
            Ask(request=self.material.request(self.number + at, said=said), operators=(operator,))
            for at in range(count)
        ]
        self.number += count
        ideas = await ask_all(self.harvest, asks, most=count)
        for idea in ideas:
            self.lineage.add(idea, operator)
        return ideas

    async def made_of(
        self, parents: Sequence[Idea], operator: Operator, *, sources: tuple[Source, ...] | None = None
    ) -> Idea | None:
        """One idea built on others; None where nothing came back.

        Raises:
            LimitReached: the budget is spent.
        """
        request = replace(
            self.material.request(self.number, sources=sources),
            parents=tuple(each.text for each in parents),
            operator=operator,
        )
        self.number += 1
        ask = Ask(
            request=request,
            operators=(f"{operator.deck}:{operator.name}",),
            parents=tuple(parents),
            round=1 + max(each.round for each in parents),
        )
        ideas = await ask_all(self.harvest, [ask], most=1)
        for idea in ideas:
            self.lineage.add(idea, operator.name, parents)
        return ideas[0] if ideas else None

    async def revised(self, idea: Idea, request: ReviseRequest, operator: str) -> Idea | None:
        """The idea in new words as a child; None where nothing came back.

        It is the idea itself where nothing was changed, or the muse says with the stop phrase that it would
        change nothing. Parts that were to be kept are kept, whatever the muse did to them.

        Raises:
            LimitReached: the budget is spent.
        """
        text = await self.desk.attempt(self.stage, partial(self.desk.muse.revise, request))
        if text is None:
            return None
        if STOP_PHRASE in text.title.casefold():
            return idea
        text = held(idea.text, text, request.keep)
        if not text.title.strip():
            self.desk.ledger.failed(self.stage, "a revision without a title")
            return None
        if not text_diff(idea.text, text):
            return idea
        feedback = (*request.weaknesses, *(f"unlike {source.title}" for source in request.unlike))
        child = self.harvest.rewritten(idea, text, operator=operator, feedback=feedback)
        self.lineage.add(child, operator, (idea,))
        return child

    @property
    def a_text(self) -> int:
        """Calls that one more text takes, with its grades."""
        return 1 + len(self.ratings.criteria)

    def starts(self, wanted: int, most: int) -> int:
        """How many drafts to begin with: those wanted, and up to `most` where half the calls remain."""
        return max(wanted, min(most, self.desk.calls.left // (2 * self.a_text)))

    async def rate(self, idea: Idea) -> float | None:
        """The mean grade, kept; None where nobody could tell.

        Raises:
            LimitReached: the budget was spent before any grade came back.
        """
        rating = await self.ratings.rate(idea)
        self.lineage.valued(idea.id, rating.value)
        return rating.value

    def value(self, idea: Idea) -> float | None:
        return self.ratings.value(idea.id)

    def best(self, ideas: Iterable[Idea], count: int) -> list[Idea]:
        """The best graded, each text once; the earlier of equals; those without a grade last."""
        seen: dict[str, Idea] = {}
        for idea in ideas:
            seen.setdefault(idea.text.whole, idea)
        return sorted(seen.values(), key=lambda idea: -order_key(self.value(idea)))[:count]

    def give_up(self, idea: Idea, reason: str) -> None:
        self.harvest.reject(idea, reason)
        self.lineage.fated(idea.id, Fate.REJECTED)

    def finish(
        self, chosen: Iterable[Idea], *, measures: Mapping[str, float] | None = None, stopped: str = ""
    ) -> Searched:
        """The chosen ideas, with the whole lineage; a judge that is the generator is told (row 3.3)."""
        told = {
            "texts_made": float(len(self.lineage.nodes())),
            "criteria": float(len(self.ratings.criteria)),
            "reviews_failed": float(self.ratings.failed),
            "judge_is_generator": float(self.desk.judge.name == self.desk.muse.name),
            **(measures or {}),
        }
        return self.lineage.searched(self.harvest.produced(stopped=stopped), chosen=chosen, measures=told)


def said_by(ideas: Iterable[Idea]) -> tuple[str, ...]:
    return tuple(idea.text.title for idea in ideas)


def texts_of(ideas: Iterable[Idea]) -> list[IdeaText]:
    return [idea.text for idea in ideas]
