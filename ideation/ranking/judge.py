"""The `PairJudge` seam: two blinded texts and an axis in, a verdict with its reason out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ideation.ranking.match_log import Axis, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """A verdict in terms of the slots shown, and why, in the judge's words."""

    verdict: Verdict
    reason: str = ""


class PairJudge(Protocol):
    """Says which of two texts is better on one axis. It is never told whose they are."""

    @property
    def name(self) -> str:
        """What stands in the match log."""
        ...

    async def compare(self, first: str, second: str, axis: Axis, seed: int) -> Opinion:
        """Compare; the same seed asks for the same answer, as far as the judge can.

        Raises:
            ModelOutputError: the answer cannot be read. The tournament counts an abstention.
            ProviderError: the model failed. The tournament counts an abstention.
            LimitReached: the budget is spent. The tournament ends with what it has.
        """
        ...
