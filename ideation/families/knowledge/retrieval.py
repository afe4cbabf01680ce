"""A loop that gathers papers: what is found grounds what is looked up next, until there are enough.

The muse chooses among three actions (search, similar, references) and grades each paper from 1 to 10, as in
AI-Researcher. A rule adds one `similar` and one `references` of the best paper to each round, so that the
loop goes along links also with a muse that only searches. A paper without a grade is kept: unknown is not
bad.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from ideation.arm import Desk
from ideation.corpus.identity import PaperId
from ideation.families.knowledge.nearness import labelled
from ideation.families.knowledge.replies import Look, Lookup, grades, lookup
from ideation.muse import ListRequest, Source
from ideation.wordings import wording

UNKNOWN = 5.5
"""Where a paper without a grade stands among those that have one: in the middle."""
_GRADED_AT_ONCE = 15
_RANK = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """Stops at `size` papers, after `rounds`, or when a round brings nothing new. `ground` best papers are
    shown for the next `lookups`; a paper graded under `least` is dropped.
    """

    size: int = 40
    rounds: int = 4
    lookups: int = 3
    hits: int = 10
    ground: int = 10
    least: int = 4
    by_rule: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """`relevance` from 1 to 10, None where no grade was given; `rank` sums 1 / (60 + place) over the lookups
    that found it (reciprocal rank fusion).
    """

    source: Source
    relevance: int | None
    rank: float

    @property
    def order(self) -> tuple[float, float, str]:
        grade = UNKNOWN if self.relevance is None else float(self.relevance)
        return -grade, -self.rank, self.source.paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Papers best first; `asked` are the lookups in their order, `dropped` papers graded too low."""

    papers: tuple[Rated, ...]
    asked: tuple[Lookup, ...]
    dropped: tuple[PaperId, ...]
    rounds: int
    stopped: str

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(each.source for each in self.papers)

    @property
    def ungraded(self) -> int:
        return sum(each.relevance is None for each in self.papers)


class Gathering:
    """One run of the loop. What it has found stays readable in `gathered()` when the budget ends it."""

    def __init__(self, desk: Desk, stage: str, plan: Retrieval) -> None:
        self._desk, self._stage, self._plan = desk, stage, plan
        self._seen: dict[PaperId, Rated | None] = {}
        self._ranks: dict[PaperId, float] = {}
        self._asked: dict[tuple[Look, str], Lookup] = {}
        self._rounds, self._stopped = 0, "rounds"

    async def run(self) -> Gathered:
        """Raises:
        LimitReached: the budget is spent.
        """
        start = Lookup(look=Look.SEARCH, subject=self._desk.topic, by_model=False)
        await self._look((start,))
        for _ in range(self._plan.rounds):
            if len(self._kept()) >= self._plan.size:
                self._stopped = "size"
                break
            self._rounds += 1
            if not await self._look(await self._next()):
                self._stopped = "nothing new"
                break
        return self.gathered()

    def gathered(self) -> Gathered:
        return Gathered(
            papers=tuple(self._kept()[: self._plan.size]),
            asked=tuple(self._asked.values()),
            dropped=tuple(paper for paper, rated in self._seen.items() if rated is None),
            rounds=self._rounds,
            stopped=self._stopped,
        )

    def _kept(self) -> list[Rated]:
        kept = (replace(each, rank=self._ranks[each.source.paper]) for each in self._seen.values() if each)
        return sorted(kept, key=lambda rated: rated.order)

    async def _next(self) -> tuple[Lookup, ...]:
        best = tuple(rated.source for rated in self._kept()[: self._plan.ground])
        request = ListRequest(
            question=wording("questions/next lookups", topic=self._desk.topic, count=self._plan.lookups),
            material=tuple(labelled(source) for source in best),
            count=self._plan.lookups,
            seed=self._desk.seed + self._rounds,
        )
        lines = await self._desk.attempt(self._stage, lambda: self._desk.muse.list(request)) or ()
        said = [found for line in lines if (found := lookup(line, best)) is not None]
        return tuple(self._fresh(said[: self._plan.lookups]) + self._by_rule(best))

    def _by_rule(self, best: Sequence[Source]) -> list[Lookup]:
        if not self._plan.by_rule:
            return []
        found: list[Lookup] = []
        for look in (Look.SIMILAR, Look.REFERENCES):
            each = (Lookup(look=look, subject=source.paper, by_model=False) for source in best)
            found += self._fresh(list(each))[:1]
        return found

    def _fresh(self, lookups: Sequence[Lookup]) -> list[Lookup]:
        named: dict[tuple[Look, str], Lookup] = {}
        for each in lookups:
            named.setdefault((each.look, each.subject.casefold()), each)
        return [each for key, each in named.items() if key not in self._asked]

    async def _look(self, lookups: Sequence[Lookup]) -> bool:
        """Whether anything new was kept."""
        new: dict[PaperId, Source] = {}
        for each in lookups:
            self._asked[each.look, each.subject.casefold()] = each
            found = self._found(each)
            for place, source in enumerate(found):
                rank = self._ranks.get(source.paper, 0.0) + 1.0 / (_RANK + place)
                self._ranks[source.paper] = round(rank, 12)
            new.update({source.paper: source for source in found if source.paper not in self._seen})
        rated = await self._rate(tuple(new.values()))
        for each_rated in rated:
            low = each_rated.relevance is not None and each_rated.relevance < self._plan.least
            self._seen[each_rated.source.paper] = None if low else each_rated
        return bool(rated)

    def _found(self, each: Lookup) -> tuple[Source, ...]:
        library, hits = self._desk.library, self._plan.hits
        if each.look is Look.SEARCH:
            return library.search(each.subject, hits)
        paper = PaperId(each.subject)
        if each.look is Look.SIMILAR:
            return library.similar(paper, hits)
        return library.references(paper)[:hits]

    async def _rate(self, sources: tuple[Source, ...]) -> list[Rated]:
        if not sources:
            return []
        topic = self._desk.topic
        windows = [sources[at : at + _GRADED_AT_ONCE] for at in range(0, len(sources), _GRADED_AT_ONCE)]
        requests = [
            ListRequest(
                question=wording("questions/relevance", topic=topic),
                material=tuple(labelled(source) for source in window),
                count=len(window),
                seed=self._desk.seed,
            )
            for window in windows
        ]
        works = [partial(self._desk.muse.list, request) for request in requests]
        said = await self._desk.gather(self._stage, works)
        known = {
            paper: grade
            for window, lines in zip(windows, said, strict=True)
            for paper, grade in grades(lines or (), window).items()
        }
        return [Rated(source=each, relevance=known.get(each.paper), rank=0.0) for each in sources]
