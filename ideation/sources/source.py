"""What a source of papers is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ideation.corpus.dates import Cutoff
from ideation.corpus.paper import Candidate
from ideation.corpus.record import BadRecord, Draft, PaperRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Papers, best first, and the records of the answer that are none (`line` is a record's place from 1)."""

    papers: tuple[Candidate, ...]
    bad: tuple[BadRecord, ...] = ()


class PaperSource(Protocol):
    """A service that finds papers. Its calls raise the errors of `Fetcher.get`."""

    @property
    def name(self) -> str: ...

    async def search(self, query: str, limit: int, cutoff: Cutoff) -> Found:
        """Papers that fit, none that the cutoff hides."""
        ...

    async def references(self, record_id: str) -> Found:
        """What the paper cites; empty where the source does not know."""
        ...


def read_all(source: str, records: Iterable[dict[str, object]], cutoff: Cutoff) -> Found:
    """Candidates of raw fields (names of `PaperRecord`); later papers than the cutoff are left out."""
    papers: list[Candidate] = []
    bad: list[BadRecord] = []
    for number, fields in enumerate(records, 1):
        read = PaperRecord.read(Draft(line=number, fields=fields))
        if isinstance(read, BadRecord):
            bad.append(read)
        elif cutoff.shows(read.published):
            papers.append(read.candidate(source))
    return Found(papers=tuple(papers), bad=tuple(bad))
