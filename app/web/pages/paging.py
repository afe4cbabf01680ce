"""Long lists in pages of a fixed size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Where a page stands: `number` counts from 1 to `pages`, `first` and `last` are the rows on it."""

    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        return min(self.total, (self.number - 1) * self.size + 1)

    @property
    def last(self) -> int:
        return min(self.total, self.number * self.size)


def paged(rows: Sequence[T], number: int, size: int = PAGE_SIZE) -> tuple[tuple[T, ...], Paging]:
    """The rows of one page; a number beyond the last page is the last page."""
    whole = Paging(number=1, size=size, total=len(rows))
    paging = Paging(number=min(max(1, number), whole.pages), size=size, total=len(rows))
    return tuple(rows[(paging.number - 1) * size : paging.number * size]), paging
