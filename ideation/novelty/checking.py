"""The verdicts on an idea: searched for, compared, and decided by a judge, or by thresholds without one.

A cosine only says which papers a judge should read. Without a judge the calibrated threshold decides, and
the finding says that it is a candidate. Whatever fails, the verdict is unknown: trouble is no novelty.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.embedder import Embedder
from core.errors import AtlasError, LimitReached
from ideation.arm import Library
from ideation.corpus.identity import PaperId
from ideation.costs import CostLedger
from ideation.idea import Idea, IdeaText
from ideation.muse import Muse, ReviewRequest, Source
from ideation.muses.offline import NAME as OFFLINE
from ideation.muses.phrases import phrases
from ideation.novelty.ledger import Aspect, By, Finding, NearPaper, NoveltyReport, Verdict, digest_of
from ideation.novelty.searching import Reach, Trail, search_for
from ideation.novelty.thresholds import Table, threshold_for
from ideation.wordings import criterion

STAGE = "novelty"
SHOWN = 5
"""Nearest papers that a finding keeps."""
WHOLLY, PARTLY = 5, 3
"""Grades from which a paper holds an aspect, wholly and in part."""

_WORDS = {
    Aspect.PROBLEM: "the problem that the idea sets itself",
    Aspect.MECHANISM: "the mechanism of the idea, that is what is done and why it works",
    Aspect.BOTH: "the idea itself, that is this mechanism for this problem",
    Aspect.EVALUATION: "the way in which the idea is put to the test",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoveltyCheck:
    """Checks ideas on a topic against a library.

    `judge` reads the `judged` nearest papers of each aspect, one call a paper; without one, or with the
    offline muse, which cannot read, thresholds decide: those of `table`, or the shipped ones. Failures stand
    in the report, and in `ledger` where there is one.
    """

    topic: str
    library: Library
    embedder: Embedder
    judge: Muse | None = None
    ledger: CostLedger | None = None
    table: Table | None = None
    reach: Reach = field(default_factory=Reach)
    judged: int = 2
    parallel: int = 4
    seed: int = 0
    _vectors: dict[PaperId, NDArray[np.float32]] = field(default_factory=dict, init=False, repr=False)

    @property
    def reader(self) -> Muse | None:
        """The judge, if it can read."""
        return None if self.judge is None or self.judge.name == OFFLINE else self.judge

    async def check(self, idea: Idea) -> NoveltyReport:
        """One report; never raises for a failed search, model or budget."""
        trail = search_for(idea.text, self.library, self.reach, idea.origin.papers)
        failures = [*trail.failures]
        try:
            near = self._nearest(idea.text, trail)
        except (AtlasError, OSError) as error:
            near = {}
            failures.append(f"embedding: {type(error).__name__}: {error}")
        findings, stopped = [], ""
        for aspect in Aspect:
            finding = self._without_judge(aspect, idea.text, near.get(aspect, ()), tuple(failures))
            finding = self._with_origin(finding, idea, trail)
            if self.reader is not None and finding.papers:
                finding, failed, limit = await self._judge(self.reader, finding, idea.text, trail)
                stopped = stopped or limit
                failures += failed
            findings.append(finding)
        findings = [_held_back(each, trail.failures) for each in findings]
        for failure in failures:
            if self.ledger is not None:
                self.ledger.failed(STAGE, failure)
        return NoveltyReport(
            idea=idea.id,
            digest=digest_of(idea.text),
            embedder=self.embedder.id,
            judge=self.reader.name if self.reader else "",
            findings=tuple(findings),
            searches=tuple(trail.searches),
            failures=tuple(failures),
            stopped=stopped,
        )

    async def check_all(self, ideas: Sequence[Idea]) -> tuple[NoveltyReport, ...]:
        """A report for each idea in their order, `parallel` at once."""
        gate = asyncio.Semaphore(self.parallel)

        async def one(idea: Idea) -> NoveltyReport:
            async with gate:
                return await self.check(idea)

        return tuple(await asyncio.gather(*(one(idea) for idea in ideas)))

    def _nearest(self, text: IdeaText, trail: Trail) -> Mapping[Aspect, tuple[NearPaper, ...]]:
        """The papers of the trail that the library still has, the nearest first, by aspect."""
        asked = [(aspect, words) for aspect in Aspect if (words := aspect.of(text))]
        missing = [source for paper, source in trail.papers.items() if paper not in self._vectors]
        texts = [f"{source.title}\n{source.abstract}".strip() for source in missing]
        rows = self.embedder.embed([words for _, words in asked] + texts)
        self._vectors.update(
            (source.paper, row) for source, row in zip(missing, rows[len(asked) :], strict=True)
        )
        found: dict[Aspect, tuple[NearPaper, ...]] = {}
        for (aspect, _), row in zip(asked, rows, strict=False):
            near = [
                NearPaper(
                    paper=paper, title=source.title, similarity=round(float(row @ self._vectors[paper]), 6)
                )
                for paper, source in trail.papers.items()
            ]
            found[aspect] = tuple(sorted(near, key=lambda each: (-each.similarity, each.paper))[:SHOWN])
        return found

    def _without_judge(
        self, aspect: Aspect, text: IdeaText, near: tuple[NearPaper, ...], failures: tuple[str, ...]
    ) -> Finding:
        def unknown(reason: str) -> Finding:
            return Finding(aspect=aspect, verdict=Verdict.UNKNOWN, by=By.NOBODY, reason=reason, papers=near)

        if not aspect.of(text):
            return unknown(f"the idea says nothing of its {aspect}")
        if not near:
            return unknown(failures[0] if failures else "no paper was found to compare it with")
        threshold = threshold_for(self.embedder.id, aspect, self.table)
        if threshold is None:
            return unknown(f"no thresholds are known for the embedder {self.embedder.id}: calibrate them")
        first = near[0]
        verdict = threshold.verdict(first.similarity)
        if verdict is Verdict.EXISTS and not _has(self.library, first.paper):
            return unknown(f"the nearest paper, {first.paper}, is not in the library")
        bounds = f"exists from {threshold.exists:.2f}, partial from {threshold.partial:.2f}"
        return Finding(
            aspect=aspect,
            verdict=verdict,
            by=By.THRESHOLD,
            reason=f"a candidate by similarity alone, {first.similarity:.2f} to [{first.paper}] ({bounds});"
            " nobody read it",
            papers=near,
            held_by=first.paper if verdict is Verdict.EXISTS else None,
        )

    def _with_origin(self, finding: Finding, idea: Idea, trail: Trail) -> Finding:
        """What similarity did not find and yet stands, in these words, in a paper that the idea grew from."""
        if finding.verdict is not Verdict.NOT_FOUND:
            return finding
        own = finding.aspect.of(idea.text)
        for paper in idea.origin.papers:
            source = trail.papers.get(paper)
            text = f"{source.title}. {source.abstract}" if source else ""
            if phrase := shared_phrase(own, text, besides=self.topic):
                return replace(
                    finding,
                    verdict=Verdict.PARTIAL,
                    by=By.RULE,
                    reason=f"it grew from [{paper}], which has its words “{phrase}”",
                )
        return finding

    async def _judge(
        self, judge: Muse, finding: Finding, text: IdeaText, trail: Trail
    ) -> tuple[Finding, list[str], str]:
        """What the judge makes of the nearest papers, its failures, and what limit it met."""
        read: list[NearPaper] = []
        failures: list[str] = []
        stopped = ""
        for near in finding.papers[: self.judged]:
            try:
                grade = await judge.grade(self._question(finding.aspect, text, trail.papers[near.paper]))
            except LimitReached as limit:
                stopped = str(limit)
                break
            except AtlasError as error:
                failures.append(f"{finding.aspect} against {near.paper}: {type(error).__name__}: {error}")
                continue
            if grade.score is None:
                failures.append(f"{finding.aspect} against {near.paper}: the judge cannot tell")
            read.append(replace(near, score=grade.score, reason=grade.reason))
            if grade.score == WHOLLY:
                break
        told = {each.paper: each for each in read}
        papers = tuple(told.get(each.paper, each) for each in finding.papers)
        doubts = [*failures, *([stopped] if stopped else [])]
        return _decided(finding.aspect, papers, read, doubts, self.library), failures, stopped

    def _question(self, aspect: Aspect, text: IdeaText, source: Source) -> ReviewRequest:
        asked = criterion("check: already known", f"already known ({aspect})", what=_WORDS[aspect])
        return ReviewRequest(topic=self.topic, idea=text, criterion=asked, sources=(source,), seed=self.seed)


def _has(library: Library, paper: PaperId) -> bool:
    try:
        return library.get(paper) is not None
    except (AtlasError, OSError):
        return False


def shared_phrase(own: str, text: str, *, besides: str = "") -> str:
    """The most telling phrase of two words or more of `text` that `own` has too and `besides` has not; empty
    where there is none.
    """
    known, said = besides.casefold(), own.casefold()
    for phrase in phrases(text):
        plain = phrase.casefold()
        if " " in plain and plain not in known and re.search(rf"(?<!\w){re.escape(plain)}(?!\w)", said):
            return phrase
    return ""


def _decided(
    aspect: Aspect,
    papers: tuple[NearPaper, ...],
    read: Sequence[NearPaper],
    doubts: Sequence[str],
    library: Library,
) -> Finding:
    graded = [(each.score, each) for each in read if each.score is not None]
    score, top = max(graded, key=lambda each: (each[0], each[1].similarity), default=(0, None))
    if top is not None and score == WHOLLY and _has(library, top.paper):
        verdict = Verdict.EXISTS
    elif doubts or top is None:
        reason = doubts[0] if doubts else "no paper was read"
        return Finding(aspect=aspect, verdict=Verdict.UNKNOWN, by=By.NOBODY, reason=reason, papers=papers)
    else:
        verdict = Verdict.PARTIAL if score >= PARTLY else Verdict.NOT_FOUND
    return Finding(
        aspect=aspect,
        verdict=verdict,
        by=By.JUDGE,
        reason=f"[{top.paper}]: {top.reason}",
        papers=papers,
        held_by=top.paper if verdict is Verdict.EXISTS else None,
    )


def _held_back(finding: Finding, failures: Sequence[str]) -> Finding:
    """Where a search failed, what was not found may stand there: only a paper that was read as holding the
    aspect still says so.
    """
    if not failures or finding.verdict is Verdict.UNKNOWN:
        return finding
    if finding.verdict is Verdict.EXISTS and finding.by is By.JUDGE:
        return finding
    return replace(
        finding,
        verdict=Verdict.UNKNOWN,
        by=By.NOBODY,
        held_by=None,
        reason=f"a search failed ({failures[0]})",
    )
