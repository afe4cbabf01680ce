"""Which papers one generation call is shown: some of the best, drawn by a seed; for a share of calls none.

Showing every call the same best papers makes ideas alike (AI-Researcher draws 10 of 20 and leaves retrieval
off in half the calls).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import UserError
from ideation.corpus.identity import PaperId


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    """How calls are grounded. `share_off` of any run of calls, in [0, 1], see no paper."""

    seed: int
    pool: int = 20
    shown: int = 10
    share_off: float = 0.5

    def __post_init__(self) -> None:
        if self.shown < 1 or self.pool < self.shown:
            raise UserError(f"cannot show {self.shown} papers out of the best {self.pool}")
        if not 0.0 <= self.share_off <= 1.0:
            raise UserError(
                f"the share of calls without papers must lie between 0 and 1, not {self.share_off}"
            )

    def is_off(self, call: int) -> bool:
        """Whether the call of this number, from 0, sees no paper: calls without are spread evenly."""
        return int((call + 1) * self.share_off + 1e-9) > int(call * self.share_off + 1e-9)

    def papers(self, ranked: Sequence[PaperId], call: int, *, about: str = "") -> tuple[PaperId, ...]:
        """The papers of a call, in order of their rank. `about` names what the calls are about: two subjects
        draw unlike papers with one seed.
        """
        if self.is_off(call):
            return ()
        best = list(ranked[: self.pool])
        digest = hashlib.sha256(f"{self.seed}\x1f{about}\x1f{call}".encode()).digest()
        drawn = random.Random(int.from_bytes(digest[:8], "big")).sample(
            range(len(best)), min(self.shown, len(best))
        )
        return tuple(best[at] for at in sorted(drawn))
