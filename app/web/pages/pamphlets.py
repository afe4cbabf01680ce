"""The pamphlets: items by scope and kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from app.web.pages.paging import Paging, paged
from memory.items import Item, Kind, Status
from memory.store import Pamphlets


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items to show; `scope` means it and all below, `text` is looked for in an item's words and id."""

    scope: str | None = None
    kind: Kind | None = None
    status: Status | None = None
    text: str = ""

    def takes(self, item: Item) -> bool:
        return (
            self.kind in (None, item.kind)
            and self.status in (None, item.status)
            and (self.scope is None or item.scope == self.scope or item.scope.startswith(f"{self.scope}/"))
            and self.text.casefold() in _words(item)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Items of one scope and kind, in order of age."""

    scope: str
    kind: Kind
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PamphletsPage:
    """`scopes` and `statuses` count all items, whatever the filter takes."""

    filter: ItemFilter
    scopes: tuple[str, ...]
    statuses: tuple[tuple[Status, int], ...]
    total: int
    shelves: tuple[Shelf, ...]
    paging: Paging


def pamphlets_page(pamphlets: Pamphlets, wanted: ItemFilter, number: int = 1) -> PamphletsPage:
    everything = pamphlets.items()
    shown, paging = paged([item for item in everything if wanted.takes(item)], number)
    counts = Counter(item.status for item in everything)
    return PamphletsPage(
        filter=wanted,
        scopes=tuple(sorted({item.scope for item in everything})),
        statuses=tuple((status, counts[status]) for status in Status if counts[status]),
        total=len(everything),
        shelves=_shelves(shown),
        paging=paging,
    )


def _shelves(items: Sequence[Item]) -> tuple[Shelf, ...]:
    groups = groupby(items, key=lambda item: (item.scope, item.kind))
    return tuple(Shelf(scope=scope, kind=kind, items=tuple(group)) for (scope, kind), group in groups)


def _words(item: Item) -> str:
    parts = (item.id, item.content, item.cue, item.boundary, item.expected_effect)
    action = () if item.action is None else (item.action.tool, item.action.template)
    return "\n".join((*parts, *action)).casefold()
