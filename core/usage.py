"""Token usage in exclusive buckets: no token stands in two of them.

A value that the server did not give is unknown (`None`), never 0; a sum with an unknown part is
unknown in that bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Who a model call was made for."""

    STUDENT = "student"
    TEACHER = "teacher"
    JUDGE = "judge"
    DISTILLER = "distiller"
    EMBEDDER = "embedder"
    SCORER = "scorer"
    PROBE = "probe"


def _add(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left + right


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens of one or more calls.

    `input` excludes cached tokens, `output` excludes reasoning tokens.
    """

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None

    @classmethod
    def zero(cls) -> TokenUsage:
        return cls(input=0, cache_read=0, cache_write=0, output=0, reasoning=0)

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            input=_add(self.input, other.input),
            cache_read=_add(self.cache_read, other.cache_read),
            cache_write=_add(self.cache_write, other.cache_write),
            output=_add(self.output, other.output),
            reasoning=_add(self.reasoning, other.reasoning),
        )

    @property
    def known_total(self) -> int:
        """Sum of the known buckets: a lower bound where one is unknown."""
        return sum(
            v or 0 for v in (self.input, self.cache_read, self.cache_write, self.output, self.reasoning)
        )
