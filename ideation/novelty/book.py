"""Which verdicts still stand: a report is of the text that was checked, and of no other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from ideation.idea import Idea, IdeaId
from ideation.novelty.checking import NoveltyCheck
from ideation.novelty.ledger import NoveltyReport, Verdict

HIGH_SHARE = 0.25
"""Of ideas that no paper is known to hold, this share, those farthest from all papers, counts as novel."""


class Standing(StrEnum):
    """What a report is worth for an idea as it reads now."""

    FRESH = "fresh"
    STALE = "stale"
    NONE = "none"


class NoveltyBook:
    """The reports of a run by idea. `reports` are those of an earlier session of it."""

    def __init__(self, check: NoveltyCheck, reports: Iterable[NoveltyReport] = ()) -> None:
        self._check = check
        self._reports = {report.idea: report for report in reports}

    def __iter__(self) -> Iterator[NoveltyReport]:
        return iter(self._reports.values())

    def report(self, idea: Idea) -> NoveltyReport | None:
        """The last report, stale or not."""
        return self._reports.get(idea.id)

    def standing(self, idea: Idea) -> Standing:
        report = self.report(idea)
        if report is None:
            return Standing.NONE
        return Standing.STALE if report.is_stale(idea.text) else Standing.FRESH

    def verdict(self, idea: Idea) -> Verdict:
        """Unknown where the report is stale or there is none."""
        report = self.report(idea)
        return report.verdict if report and not report.is_stale(idea.text) else Verdict.UNKNOWN

    async def refresh(self, ideas: Sequence[Idea], *, again: bool = False) -> tuple[NoveltyReport, ...]:
        """Check what was never checked or was changed since, and with `again` also what came out unknown
        because something failed or a limit was met. Returns the reports of all of `ideas`, in their order.
        """
        due = [idea for idea in ideas if self.standing(idea) is not Standing.FRESH]
        if again:
            due += [idea for idea in ideas if idea not in due and _broken(self._reports[idea.id])]
        for report in await self._check.check_all(due):
            self._reports[report.idea] = report
        return tuple(self._reports[idea.id] for idea in ideas)


def most_novel(reports: Mapping[IdeaId, NoveltyReport], share: float = HIGH_SHARE) -> frozenset[IdeaId]:
    """Ideas that were not found, and of those found in part the `share` that is farthest from every paper.

    What exists is not novel and of what is unknown nothing is known: both stay out.
    """
    partial = [
        (report.similarity, name)
        for name, report in reports.items()
        if report.verdict is Verdict.PARTIAL and report.similarity is not None
    ]
    far = sorted(partial)[: math.floor(share * len(partial))]
    not_found = {name for name, report in reports.items() if report.verdict is Verdict.NOT_FOUND}
    return frozenset(not_found | {name for _, name in far})


def _broken(report: NoveltyReport) -> bool:
    return report.verdict is Verdict.UNKNOWN and bool(report.failures or report.stopped)
