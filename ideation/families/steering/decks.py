"""Finite decks of operators, and the dealer that deals every card once before any comes again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict, TypeAdapter

from core.errors import UserError
from ideation.muse import Operator
from ideation.wordings import data


class _Deck(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    cards: tuple[tuple[str, str], ...]


@cache
def _file() -> dict[str, _Deck]:
    raw = data("decks.json")
    return TypeAdapter(dict[str, _Deck]).validate_json(raw)


def deck_names() -> tuple[str, ...]:
    """All decks of `decks.json`; TRIZ is apart, in `contradictions.py`."""
    return tuple(_file())


def deck(name: str) -> tuple[Operator, ...]:
    """The cards of a deck, in the order of the file.

    Raises:
        UserError: there is no deck of that name.
    """
    if (found := _file().get(name)) is None:
        raise UserError(f"there is no deck {name!r}; there are {', '.join(deck_names())}")
    return tuple(Operator(deck=name, name=card, instruction=text) for card, text in found.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealer:
    """Deals a deck in rounds, each in another order of the seed; `first` come first in the first round."""

    cards: tuple[Operator, ...]
    seed: int
    first: tuple[str, ...] = ()

    def card(self, number: int) -> Operator:
        """The card of call `number` from 0: within each len(cards) calls every card once.

        Raises:
            UserError: an empty deck.
        """
        if not self.cards:
            raise UserError("a deck needs one card at least")
        turn, at = divmod(number, len(self.cards))
        return self._round(turn)[at]

    def _round(self, turn: int) -> Sequence[Operator]:
        names = list(dict.fromkeys(self.first)) if turn == 0 else []
        known = {card.name: card for card in self.cards}
        front = [known[name] for name in names if name in known]
        rest = [card for card in self.cards if card not in front]
        random.Random(f"{self.seed}|deal|{turn}").shuffle(rest)
        return [*front, *rest]
