"""The review queue: what waits for a person, and why."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from app.web.pages.paging import Paging, paged
from memory.ledger.queue import Waiting
from memory.library import PamphletLibrary


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingGroup:
    """What waits for one reason, the oldest first."""

    because: str
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """The most urgent reason first."""

    scope: str | None
    total: int
    groups: tuple[WaitingGroup, ...]
    paging: Paging


def queue_page(library: PamphletLibrary, scope: str | None = None, number: int = 1) -> QueuePage:
    waiting = library.queue(scope)
    shown, paging = paged(waiting, number)
    groups = groupby(shown, key=lambda each: each.because)
    return QueuePage(
        scope=scope,
        total=len(waiting),
        groups=tuple(WaitingGroup(because=because.value, waiting=tuple(group)) for because, group in groups),
        paging=paging,
    )
