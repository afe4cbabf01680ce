"""The arm that needs no adapter: many proposals, a judge learned from some of them, the best of all by it.

It is honest about what it is: the judge learns to imitate the grades of `desk.judge` on a part of the
proposals, so that the rest need not be graded, and each idea says how well it imitates them on proposals that
it has not seen. Over the offline muse those grades are rules about wording, and so is what is learned.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from core.errors import LimitReached, UserError
from ideation.arm import Desk, Harvest, Produced
from ideation.families.adapters.features import Judged
from ideation.families.adapters.judge_report import held_out
from ideation.families.adapters.learned_judge import LearnedJudge, learn, pairs_from_scores
from ideation.idea import Family, Idea
from ideation.muse import Criterion, Grade, Proposed, ProposeRequest, ReviewRequest, Source
from ideation.wordings import criterion

OPERATOR = "best of many by a learned judge"
MOST_A_CALL = 5
_RESAMPLES = 200

TAUGHT_ON = (
    criterion("learned judge: novelty"),
    criterion("panel: specificity"),
    criterion("panel: clarity"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedJudgeArm:
    """Proposes `factor` times what is wanted (at most `most`), has `desk.judge` grade at most `taught` of
    them, learns a judge from those grades and gives the best of all by it. With a `judge` learned before,
    nothing is graded.

    Measures: `pool`, `graded`, `pairs`, `held_out_auc` (and its interval) against the grades it learned from.
    """

    judge: LearnedJudge | None = None
    factor: int = 4
    most: int = 80
    taught: int = 16
    shown: int = 6
    found: int = 20
    beside: int = 3

    @property
    def family(self) -> Family:
        return Family.ADAPTERS

    @property
    def lever(self) -> str:
        return "learned_judge_reranked"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        """At most `wanted` ideas, the best first. Without grades that differ there is nothing to learn: then
        the proposals stay in the order they came, and say so.
        """
        work = _Work(arm=self, desk=desk, harvest=Harvest(arm=self, desk=desk))
        stopped = ""
        try:
            await work.propose(min(self.most, self.factor * wanted))
            if self.judge is None:
                await work.grade()
        except LimitReached as limit:
            stopped = str(limit)
        work.rank(wanted)
        if not work.harvest.ideas and not stopped:
            stopped = "no proposal could be read"
        return work.harvest.produced(measures=work.measures, stopped=stopped)


@dataclass(slots=True, kw_only=True)
class _Work:
    arm: LearnedJudgeArm
    desk: Desk
    harvest: Harvest
    scores: dict[str, float] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)
    about: str = ""

    async def propose(self, count: int) -> None:
        papers = self.desk.library.search(self.desk.topic, self.arm.found)
        # Half of what is left pays for proposals, so that there is something to grade with.
        calls = max(1, min(-(-count // MOST_A_CALL), (self.desk.calls.left + 1) // 2))
        requests = [
            self._request(number, min(MOST_A_CALL, count - number * MOST_A_CALL), papers)
            for number in range(calls)
        ]
        found = await self.desk.gather("propose", [self._proposing(request) for request in requests])
        titles: set[str] = set()
        for request, proposed in zip(requests, found, strict=True):
            for proposal in self.desk.count_faults("propose", proposed) if proposed else ():
                idea = self.harvest.add(
                    proposal, shown=request.sources, operators=(OPERATOR,), feedback=request.advice
                )
                if idea.text.title.casefold() in titles:
                    self.harvest.reject(idea, "the pool has an idea of this title already", surplus=True)
                titles.add(idea.text.title.casefold())
        self.measures["pool"] = float(len(self.harvest.ideas))

    async def grade(self) -> None:
        """Grades of ideas drawn from the pool; an idea's score is the mean of those that are known."""
        chance = random.Random(f"{self.desk.seed}|taught")
        affordable = self.desk.calls.left // len(TAUGHT_ON)
        count = min(self.arm.taught, affordable, len(self.harvest.ideas))
        drawn = chance.sample(self.harvest.ideas, count)
        asked = [(idea, criterion) for idea in drawn for criterion in TAUGHT_ON]
        beside = {idea.id: self.desk.library.search(idea.text.whole, self.arm.beside) for idea in drawn}
        works = [self._grading(idea, criterion, beside[idea.id]) for idea, criterion in asked]
        known: dict[str, list[int]] = {}
        if works:
            for (idea, _), grade in zip(asked, await self.desk.gather("grade", works), strict=True):
                if grade is not None and grade.score is not None:
                    known.setdefault(idea.id, []).append(grade.score)
        self.scores = {name: sum(scores) / len(scores) for name, scores in known.items()}
        self.measures["graded"] = float(len(self.scores))

    def rank(self, wanted: int) -> None:
        """Put the best first, say on each idea what that rests on, and give up the rest."""
        pool = list(self.harvest.ideas)
        if not pool:
            return
        judged = [Judged(id=idea.id, text=idea.text, topic=self.desk.topic) for idea in pool]
        judge = self.arm.judge or self._learned(judged)
        if judge is None:
            kept = [replace(idea, notes=(*idea.notes, f"not ranked: {self.about}")) for idea in pool]
        else:
            strengths = judge.strengths(judged, self.desk.embedder)
            order = sorted(range(len(pool)), key=lambda place: (-strengths[place], place))
            kept = [
                replace(pool[place], notes=(*pool[place].notes, self._note(rank, len(pool), judge)))
                for rank, place in enumerate(order, 1)
            ]
        self.harvest.ideas[:] = kept
        for rank, idea in enumerate(kept[wanted:], wanted + 1):
            why = "the learned judge put it" if judge else "nothing could be learned, and it came"
            self.harvest.reject(idea, f"{why} at place {rank} of {len(kept)}", surplus=True)

    def _note(self, rank: int, pool: int, judge: LearnedJudge) -> str:
        rests = self.about or f"learned before, from {judge.pairs} pairs"
        return f"place {rank} of {pool} by a judge {rests}"

    def _learned(self, judged: list[Judged]) -> LearnedJudge | None:
        pairs = pairs_from_scores([self.scores.get(each.id) for each in judged], [""] * len(judged))
        self.measures["pairs"] = float(len(pairs))
        if not pairs:
            self.about = f"{len(self.scores)} grades give no pair to learn a judge from"
            return None
        self.about = f"learned from {len(pairs)} pairs as {self.desk.judge.name} graded them"
        try:
            report = held_out(judged, pairs, self.desk.embedder, seed=self.desk.seed, resamples=_RESAMPLES)
        except UserError:
            self.about += "; too few to tell how well"
        else:
            self.about += f"; AUC {report.auc.value:.2f} on {report.pairs} pairs of ideas it had not seen"
            self.measures["held_out_auc"] = report.auc.value or 0.0
            if report.auc.interval:
                self.measures["held_out_auc_low"] = report.auc.interval.low
                self.measures["held_out_auc_high"] = report.auc.interval.high
        return learn(judged, pairs, self.desk.embedder)

    def _request(self, number: int, count: int, papers: tuple[Source, ...]) -> ProposeRequest:
        chance = random.Random(f"{self.desk.seed}|{number}")
        return ProposeRequest(
            topic=self.desk.topic,
            count=count,
            sources=tuple(chance.sample(papers, min(self.arm.shown, len(papers)))),
            advice=self.desk.advice,
            notes=self.desk.notes,
            seed=self.desk.seed + number,
        )

    def _proposing(self, request: ProposeRequest) -> Callable[[], Awaitable[Proposed]]:
        return lambda: self.desk.muse.propose(request)

    def _grading(
        self, idea: Idea, criterion: Criterion, beside: tuple[Source, ...]
    ) -> Callable[[], Awaitable[Grade]]:
        request = ReviewRequest(
            topic=self.desk.topic, idea=idea.text, criterion=criterion, sources=beside, seed=self.desk.seed
        )
        return lambda: self.desk.judge.grade(request)
