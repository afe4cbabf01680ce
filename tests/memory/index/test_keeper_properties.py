"""Whatever happens and whatever fails: nothing live is overlooked, and in the end the index fits SQL."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.database import Database
from core.errors import ProviderError, StorageError
from memory.index.keeper import IndexKeeper
from memory.items import ItemId
from memory.sql.tables import MEMORY_TABLES
from tests.memory.index.failing import FailingEmbedder, FailingIndexes
from tests.memory.index.filled import OTHER, STUDENT, TEACHER, Clock, Filled

SECTIONS = (STUDENT, TEACHER, OTHER)
WORDS = ("sign", "in", "out", "egg", "white", "host", "mail", "link", "rule")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)
PLANS = st.lists(st.one_of(st.none(), st.integers(0, 2)), max_size=4)


class IndexLife(RuleBasedStateMachine):
    """`live` is what the items should be: (section, version) of each that is live."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database.in_memory(*MEMORY_TABLES)
        self.filled, self.clock = Filled(self.database), Clock()
        self.indexes, self.embedder = FailingIndexes(), FailingEmbedder()
        self.versions: dict[ItemId, int] = {}
        self.places: dict[ItemId, str] = {}
        self.live: set[ItemId] = set()
        self.keeper = self._opened()

    def _opened(self) -> IndexKeeper:
        return IndexKeeper(self.database, self.embedder, self.indexes.open, clock=self.clock)

    def _one(self, which: int) -> ItemId:
        return sorted(self.versions)[which % len(self.versions)]

    @rule(words=TEXTS, place=st.integers(0, 2), count=st.integers(1, 5))
    def add(self, words: list[str], place: int, count: int) -> None:
        texts = [f"{' '.join(words)} {len(self.versions) + number}" for number in range(count)]
        for item in self.filled.add(*texts, place=place):
            self.versions[item], self.places[item] = 1, SECTIONS[place]
            self.live.add(item)

    @precondition(lambda self: self.versions)
    @rule(which=st.integers(0, 99), words=TEXTS)
    def edit(self, which: int, words: list[str]) -> None:
        item = self._one(which)
        self.filled.edit(item, " ".join(words))
        self.versions[item] += 1

    @precondition(lambda self: self.versions)
    @rule(which=st.integers(0, 99), live=st.booleans())
    def judge(self, which: int, live: bool) -> None:
        item = self._one(which)
        (self.filled.revive if live else self.filled.retire)(item)
        (self.live.add if live else self.live.discard)(item)
        self.versions[item] += 1

    @rule(plan=PLANS, down=st.booleans(), limit=st.one_of(st.none(), st.integers(1, 3)))
    def drain(self, plan: list[int | None], down: bool, limit: int | None) -> None:
        self.indexes.plan, self.embedder.down = iter(plan), down
        self.keeper.drain(limit)
        self._heal()

    @rule(seconds=st.sampled_from([1.0, 30.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        self.clock.pass_seconds(seconds)

    @rule(plan=PLANS, down=st.booleans())
    def rebuild(self, plan: list[int | None], down: bool) -> None:
        self.indexes.plan, self.embedder.down = iter(plan), down
        with suppress(StorageError, ProviderError):
            assert self.keeper.rebuild().whole
        self._heal()

    @rule(dimensions=st.sampled_from([32, 64]), lost=st.booleans())
    def start_anew(self, dimensions: int, lost: bool) -> None:
        self.keeper.close()
        if lost:
            self.indexes.held.clear()
        self.embedder = FailingEmbedder(dimensions)
        self.keeper = self._opened()

    @rule()
    def verify(self) -> None:
        report = self.keeper.verify(drain=False)
        assert report.whole or report.problem, report

    @invariant()
    def nothing_live_is_overlooked(self) -> None:
        waiting = self.keeper.waiting()
        for section in SECTIONS:
            found = self.keeper.nearest(section, self.embedder.embed(["sign in"])[0], 1000)
            if found is None:
                continue
            current = {item for item, version in found if self.versions.get(item) == version}
            members = {item for item in self.live if self.places[item] == section}
            assert members <= current | waiting

    def _heal(self) -> None:
        self.indexes.plan, self.embedder.down = iter(()), False

    def teardown(self) -> None:
        self.clock.pass_seconds(8000)
        report = self.keeper.verify()
        assert report.clean, report
        assert (report.live, report.indexed) == (len(self.live), len(self.live))
        assert len(self.indexes.held) == 1
        self.database.close()


IndexLife.TestCase.settings = settings(max_examples=30, stateful_step_count=25)
TestIndexLife = IndexLife.TestCase
