"""One section of the shelf: the live items of one scope and audience, ready for ranking."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.guidance import guidance_line
from memory.gates import CUE_PATTERN
from memory.items import Item, ItemId
from memory.recall.cues import cue_alternatives
from memory.recall.ranking import words

Vector = NDArray[np.float32]
FIRST_SLOTS = 64


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A live item ready for ranking; `vector` is None while the embedder fails."""

    item: Item
    number: int
    vector: Vector | None

    @cached_property
    def counts(self) -> Mapping[str, int]:
        return Counter(words(self.item.state.text))

    @cached_property
    def length(self) -> int:
        return sum(self.counts.values())

    @cached_property
    def phrases(self) -> frozenset[str]:
        return cue_alternatives(self.item.cue)

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """The cue as a pattern; None where it is words, or a pattern that does not compile."""
        if not self.item.cue.startswith(CUE_PATTERN):
            return None
        try:
            return re.compile(self.item.cue.removeprefix(CUE_PATTERN), re.IGNORECASE)
        except re.error:
            return None

    @cached_property
    def tokens(self) -> int:
        """Tokens of the line as an agent reads it."""
        from core.tokens import count_tokens

        item = self.item
        return count_tokens(guidance_line(item.kind, item.content, item.action, item.boundary) + "\n")


class Section:
    """Adding, replacing and removing an entry cost the same however many there are."""

    def __init__(self, dimensions: int) -> None:
        self.since = 0
        self._dimensions = dimensions
        self.unembedded: set[ItemId] = set()
        self._entries: dict[ItemId, Entry] = {}
        self._slots: dict[ItemId, int] = {}
        self._at: list[Entry | None] = []
        self._free: list[int] = []
        self._matrix: Vector = np.zeros((FIRST_SLOTS, dimensions), dtype=np.float32)
        self._by_number: dict[int, ItemId] = {}
        self._by_phrase: dict[str, set[ItemId]] = {}
        self._patterns: set[ItemId] = set()
        self._spread: Counter[str] = Counter()
        self._length = 0

    @cached_property
    def tombs(self) -> Section:
        """Tombstones that bar the way to whoever would learn the same again; never recalled."""
        return Section(self._dimensions)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> Mapping[ItemId, Entry]:
        return self._entries

    @property
    def length(self) -> int:
        """Words of all entries together."""
        return self._length

    def spread(self, word: str) -> int:
        """How many entries hold the word."""
        return self._spread[word]

    def put(self, entry: Entry) -> None:
        """Add an entry or replace the one of its item."""
        item_id = entry.item.id
        known = self._entries.get(item_id)
        if known is not None and known.item.state.text == entry.item.state.text:
            slot = self._slots[item_id]  # only its standing changed
        else:
            self.remove(item_id)
            slot = self._take_slot()
            self._index_words(entry, +1)
        self._entries[item_id], self._slots[item_id], self._at[slot] = entry, slot, entry
        self._by_number[entry.number] = item_id
        if entry.vector is None:
            self._matrix[slot] = 0.0
            self.unembedded.add(item_id)
        else:
            self._matrix[slot] = entry.vector
            self.unembedded.discard(item_id)

    def remove_entry(self, entry: Entry) -> None:
        self.remove(entry.item.id)

    def remove(self, item_id: ItemId) -> None:
        entry = self._entries.pop(item_id, None)
        if entry is None:
            return
        slot = self._slots.pop(item_id)
        self._at[slot], self._matrix[slot] = None, 0.0
        self._free.append(slot)
        self._by_number.pop(entry.number, None)
        self.unembedded.discard(item_id)
        self._index_words(entry, -1)

    def nearest(self, vector: Vector, limit: int) -> list[Entry]:
        """The entries nearest by cosine, compared exactly; best first, equals in order of id."""
        size = len(self._at)
        if not size:
            return []
        # Row by row in one thread: BLAS would call in others for so little, and wait where they are busy.
        cosines: Vector = np.asarray(np.vecdot(self._matrix[:size], vector)).round(6)
        if limit < size:
            # All that tie with the last one come along, so that no order depends on where a slot lies.
            edge = np.partition(cosines, size - limit)[size - limit]
            slots: Sequence[int] = np.flatnonzero(cosines >= edge).tolist()
        else:
            slots = range(size)
        found = [(-float(cosines[slot]), entry) for slot in slots if (entry := self._at[slot]) is not None]
        found.sort(key=lambda pair: (pair[0], pair[1].item.id))
        return [entry for _, entry in found[:limit]]

    def numbered(self, numbers: Iterable[int]) -> list[Entry]:
        """Entries by their number in the keyword index; numbers of other sections are passed over."""
        found = (self._by_number.get(number) for number in numbers)
        return [self._entries[item_id] for item_id in found if item_id is not None]

    def cued(self, cues: Set[str], text: str) -> list[Entry]:
        """Entries of which a phrase is among the cues, or a pattern is found in the text."""
        found = {item_id for cue in self._by_phrase.keys() & cues for item_id in self._by_phrase[cue]}
        for item_id in self._patterns:
            pattern = self._entries[item_id].pattern
            if pattern is not None and pattern.search(text):
                found.add(item_id)
        return [self._entries[item_id] for item_id in sorted(found)]

    def _take_slot(self) -> int:
        if self._free:
            return self._free.pop()
        slot = len(self._at)
        self._at.append(None)
        if slot == len(self._matrix):
            grown = np.zeros((2 * slot, self._matrix.shape[1]), dtype=np.float32)
            grown[:slot] = self._matrix
            self._matrix = grown
        return slot

    def _index_words(self, entry: Entry, step: int) -> None:
        item_id = entry.item.id
        for word in entry.counts:
            self._spread[word] += step
            if not self._spread[word]:
                del self._spread[word]
        self._length += step * entry.length
        for phrase in entry.phrases:
            holders = self._by_phrase.setdefault(phrase, set())
            (holders.add if step > 0 else holders.discard)(item_id)
            if not holders:
                del self._by_phrase[phrase]
        if entry.item.cue.startswith(CUE_PATTERN):
            (self._patterns.add if step > 0 else self._patterns.discard)(item_id)
