"""The one door of a gold answer.

A gold value is wrapped in `Gold[T]` where a benchmark loads it. No `repr`, `str`, format, pickle, copy
or JSON of the wrapper shows the value; only `reveal_to` opens it, and only for a `GoldReader`, the
base of every Scorer. A test asserts that nothing outside `benchmarks/` calls `reveal_to`.
"""

from __future__ import annotations

from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")


class GoldReader:
    """Base of Scorers: the only callers for whom a `Gold` opens."""


class Gold(Generic[T]):
    """A value that prompts, events, logs and exports cannot print."""

    __slots__ = ("__value",)

    def __init__(self, value: T) -> None:
        self.__value = value

    def reveal_to(self, reader: GoldReader) -> T:
        """Return the value to a Scorer.

        Raises:
            TypeError: the caller is not a `GoldReader`.
        """
        if not isinstance(reader, GoldReader):
            raise TypeError("a gold value opens only for a Scorer")
        return self.__value

    def __repr__(self) -> str:
        return "<gold>"

    def __format__(self, spec: str) -> str:
        return "<gold>"

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a gold value is never copied or written out")
