"""From drafts to papers: checks every record, keeps the good ones, says at which line the others stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ideation.corpus.merging import Added
from ideation.corpus.paper import Candidate
from ideation.corpus.record import BadRecord, Draft, PaperRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did. `read` counts all records, good and bad; `bad` is in order of line."""

    read: int
    added: Added
    bad: tuple[BadRecord, ...]

    @property
    def good(self) -> int:
        return self.read - len(self.bad)


def import_drafts(
    drafts: Iterable[Draft | BadRecord], *, source: str, add: Callable[[Iterable[Candidate]], Added]
) -> ImportReport:
    """Hand every good record to `add`. `source` names the file's format or the service it came from."""
    read = 0
    bad: list[BadRecord] = []

    def candidates() -> Iterator[Candidate]:
        nonlocal read
        for draft in drafts:
            read += 1
            record = draft if isinstance(draft, BadRecord) else PaperRecord.read(draft)
            if isinstance(record, BadRecord):
                bad.append(record)
            else:
                yield record.candidate(source)

    added = add(candidates())
    return ImportReport(read=read, added=added, bad=tuple(sorted(bad, key=lambda each: each.line)))
