"""What a call is shown: some papers of those that fit the topic, other ones each time (row 0.11)."""

from __future__ import annotations

import random
import zlib

from core.errors import ProviderError
from ideation.arm import Desk
from ideation.muse import ProposeRequest, Shape, Source

POOL = 20
"""Papers nearest to the topic among which is drawn."""
SHOWN = 6
MOST_REPELLED = 24
"""Titles of ideas rejected in earlier runs that a prompt names."""


def call_seed(seed: int, number: int) -> int:
    """The seed of an arm's call; a whole number from 0 to 2^31 - 1."""
    return zlib.crc32(f"{seed}|{number}".encode()) & 0x7FFF_FFFF


def find(desk: Desk, stage: str, text: str, limit: int) -> tuple[Source, ...]:
    """Papers that fit, best first; none, and a failure in the ledger, where searching failed."""
    try:
        return desk.library.search(text, limit)
    except ProviderError as error:
        desk.ledger.failed(stage, f"{type(error).__name__}: {error}")
        return ()


class Material:
    """The papers of one arm: `shown` of the `pool` nearest, drawn anew for every call."""

    def __init__(self, desk: Desk, stage: str, *, pool: int = POOL, shown: int = SHOWN) -> None:
        self._desk, self._shown = desk, shown
        self.pool = find(desk, stage, desk.topic, pool)

    def sample(self, number: int) -> tuple[Source, ...]:
        """Papers for call `number`, always the same for one seed."""
        chance = random.Random(f"{self._desk.seed}|papers|{number}")
        return tuple(chance.sample(self.pool, min(self._shown, len(self.pool))))

    def request(
        self,
        number: int,
        *,
        count: int = 1,
        shape: Shape = Shape.PLAIN,
        said: tuple[str, ...] = (),
        sources: tuple[Source, ...] | None = None,
    ) -> ProposeRequest:
        """Call `number` of the arm, with all that the desk says; more is added with `replace`."""
        desk = self._desk
        return ProposeRequest(
            topic=desk.topic,
            count=count,
            shape=shape,
            sources=self.sample(number) if sources is None else sources,
            said=(*desk.remembered.rejected[:MOST_REPELLED], *said),
            advice=desk.advice,
            notes=desk.notes,
            seed=call_seed(desk.seed, number),
        )
