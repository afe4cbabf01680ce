"""When a paper came out, as exactly as is known, and the cutoff that hides what came later."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Self

_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ].*|[-/]*)")
_MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name}
FIRST_YEAR, LAST_YEAR = 1000, 2200


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A year, perhaps with its month, perhaps with its day.

    Raises:
        ValueError: there is no such day.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError(f"the year {self.year} is not between {FIRST_YEAR} and {LAST_YEAR}")
        if self.day is not None and self.month is None:
            raise ValueError("a day needs its month")
        date(self.year, self.month or 1, self.day or 1)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2024`, `2024-05`, `2024/5/17`, or an ISO time; blanks and closing slashes are passed over.

        Raises:
            ValueError: it is no date.
        """
        found = _ISO.fullmatch(text.strip())
        if not found:
            raise ValueError(f"{text.strip()[:40]!r} is not a date such as 2024, 2024-05 or 2024-05-17")
        year, month, day = found.groups()
        return cls(year=int(year), month=int(month) if month else None, day=int(day) if day else None)

    @property
    def text(self) -> str:
        parts = (f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part is not None))
        return "-".join(parts)

    @property
    def last_day(self) -> date:
        """The last day that it can mean: 2024-02 is over on 2024-02-29."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def precision(self) -> int:
        return 1 + (self.month is not None) + (self.day is not None)


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Only what is known to have come out before this day may be seen; None hides nothing.

    A paper without a date is hidden by every day, and one of "2024" by every day of 2024: what cannot be
    shown to be earlier may be later.
    """

    day: date | None

    @classmethod
    def before(cls, day: date) -> Self:
        return cls(day)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `--before DATE`; a year or month stands for its first day.

        Raises:
            ValueError: it is no date.
        """
        found = Published.parse(text)
        return cls(date(found.year, found.month or 1, found.day or 1))

    @classmethod
    def hides_nothing(cls) -> Self:
        return cls(None)

    def shows(self, published: Published | None) -> bool:
        return self.day is None or (published is not None and published.last_day < self.day)


def month_number(text: str) -> int | None:
    """`5`, `05`, `may`, `May`, `mai.` is None: English names and numbers only."""
    plain = text.strip().rstrip(".").casefold()
    if plain.isascii() and plain.isdigit():
        return int(plain) if len(plain) < 3 and 1 <= int(plain) <= 12 else None
    return _MONTHS.get(plain[:3])
