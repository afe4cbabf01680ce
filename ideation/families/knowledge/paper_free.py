"""Two branches merged: a brainstorm that sees no paper, and ideas from retrieved papers (SciPIP).

Which branch an idea came from stands in its operators (`branch:free`, `branch:papers`, `branch:merged`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ideation.arm import Desk, Produced
from ideation.corpus.identity import PaperId
from ideation.families.knowledge.retrieval import Gathering, Retrieval
from ideation.families.knowledge.sampling import Sampling
from ideation.families.knowledge.sitting import Sitting, Wish
from ideation.idea import Family, Idea
from ideation.muse import ListRequest, Operator, Source
from ideation.wordings import wording

_MERGE = Operator(
    deck="branches",
    name="merge",
    instruction=wording("operators/merge branches"),
)


class Branch(StrEnum):
    FREE = "free"
    PAPERS = "papers"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFree:
    """The papers come from the retrieval loop; `steers` lets the brainstorm say what else is searched for.

    `sampling` says what each call sees and which share sees nothing; `merged` is the share of the ideas that
    is made of one of each branch. A branch gets at most `tries` rounds.
    """

    sampling: Sampling = field(default_factory=Sampling)
    retrieval: Retrieval = field(default_factory=lambda: Retrieval(size=20, rounds=2))
    merged: float = 0.25
    steers: bool = True
    thoughts: int = 6
    hits: int = 3
    tries: int = 3

    @property
    def family(self) -> Family:
        return Family.KNOWLEDGE

    @property
    def lever(self) -> str:
        return "paper_free"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        sitting = Sitting(self, desk, wanted)
        measures: dict[str, float] = {}
        return await sitting.finish(self._work(sitting, measures), lambda: measures)

    async def _work(self, sitting: Sitting, measures: dict[str, float]) -> None:
        thoughts = await self._brainstorm(sitting)
        papers = await self._papers(sitting, thoughts, measures)
        first = max(1, sitting.wanted - int(self.merged * sitting.wanted))
        ideas: list[Idea] = []
        for number in range(self.tries):
            missing = first - len(ideas)
            if missing <= 0:
                break
            plan = self.sampling.plan(papers, missing, sitting.chance(f"sample {number}"))
            ideas += await sitting.ask([_wish(sources, thoughts) for sources in plan])
        await self._merge(sitting, ideas)
        # What a branch could not give, the papers make up for.
        for number in range(self.tries):
            plan = self.sampling.plan(papers, sitting.missing, sitting.chance(f"more {number}"))
            await sitting.ask([_wish(sources, thoughts) for sources in plan if sources])
        for branch in Branch:
            measures[f"from_{branch.value}"] = sum(_branch(idea) is branch for idea in sitting.harvest.ideas)

    async def _brainstorm(self, sitting: Sitting) -> tuple[str, ...]:
        desk = sitting.desk
        request = ListRequest(
            question=wording("questions/brainstorm", topic=desk.topic),
            material=tuple(part for part in (desk.topic, desk.notes) if part),
            count=self.thoughts,
            seed=desk.seed,
        )
        return await desk.attempt(sitting.stage, lambda: desk.muse.list(request)) or ()

    async def _papers(
        self, sitting: Sitting, thoughts: tuple[str, ...], measures: dict[str, float]
    ) -> tuple[Source, ...]:
        """The papers of the loop, with those that the brainstorm steered to among the best."""
        desk = sitting.desk
        gathered = await Gathering(desk, sitting.stage, self.retrieval).run()
        measures.update(
            retrieval_rounds=gathered.rounds,
            retrieved=len(gathered.papers),
            retrieval_ungraded=gathered.ungraded,
            retrieval_dropped=len(gathered.dropped),
        )
        found: dict[PaperId, Source] = {}
        for thought in thoughts if self.steers else ():
            found.update({each.paper: each for each in desk.library.search(thought, self.hits)})
        dropped = set(gathered.dropped)
        steered = [each for paper, each in found.items() if paper not in dropped][: self.sampling.top // 4]
        return tuple({each.paper: each for each in (*steered, *gathered.sources)}.values())

    async def _merge(self, sitting: Sitting, ideas: list[Idea]) -> None:
        free = [idea for idea in ideas if _branch(idea) is Branch.FREE]
        found = [idea for idea in ideas if _branch(idea) is Branch.PAPERS]
        pairs = [(one, other) for one in free for other in found]
        sitting.chance("merge").shuffle(pairs)
        for number in range(self.tries):
            count = sitting.missing
            batch = pairs[number * count : (number + 1) * count]
            wishes = [_merge_wish(sitting.desk, one, other) for one, other in batch]
            await sitting.ask(wishes)


def _wish(sources: tuple[Source, ...], thoughts: tuple[str, ...]) -> Wish:
    branch = Branch.PAPERS if sources else Branch.FREE
    material = () if sources or not thoughts else (f"Associations: {'; '.join(thoughts)}",)
    return Wish(sources=sources, material=material, tags=(f"branch:{branch.value}",))


def _merge_wish(desk: Desk, free: Idea, found: Idea) -> Wish:
    sources = tuple(each for paper in found.origin.papers if (each := desk.library.get(paper)) is not None)
    return Wish(
        sources=sources,
        parents=(free, found),
        operator=_MERGE,
        tags=(f"branch:{Branch.MERGED.value}",),
        round=1,
    )


def _branch(idea: Idea) -> Branch | None:
    return next((branch for branch in Branch if f"branch:{branch.value}" in idea.origin.operators), None)
