from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sqlalchemy import select

from core.database import Database
from core.errors import ProviderError
from core.tokens import count_tokens
from memory.items import ItemId, RecallQuery
from memory.lexical_embedder import LexicalEmbedder
from memory.library import PamphletLibrary
from memory.tables import EmbeddingRow
from tests.memory.samples import DRAFTS, HOSTS, MAIL, SCOPE, SIGN_IN, ask, task

ADDRESS = ask("From which IP address did the account sign in?", "answer_type:ip")


class UnsteadyEmbedder(LexicalEmbedder):
    """A lexical embedder whose endpoint can be switched off."""

    down = False

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.down:
            raise ProviderError("switched off")
        return super().embed(texts)


def contents(library: PamphletLibrary, query: RecallQuery) -> list[str]:
    return [hit.item.content for hit in library.recall(query).hits]


def test_the_fitting_lesson_comes_first(library: PamphletLibrary) -> None:
    library.learn(DRAFTS, task(1))
    assert contents(library, ADDRESS)[0] == SIGN_IN.content
    assert contents(library, ask("Which sender mailed the link?"))[0] == MAIL.content


def test_an_empty_memory_abstains(library: PamphletLibrary) -> None:
    recall = library.recall(ADDRESS)
    assert (recall.hits, recall.abstained, recall.degraded) == ((), True, False)


def test_what_does_not_clear_the_floor_is_not_recalled(library: PamphletLibrary) -> None:
    library.learn(DRAFTS, task(1))
    recall = library.recall(ask("How long must egg whites be whisked before the flour goes in?"))
    assert (recall.hits, recall.abstained) == ((), True)


def test_a_cue_brings_an_item_in_whatever_the_words(library: PamphletLibrary) -> None:
    library.learn(DRAFTS, task(1))
    (hit,) = library.recall(ask("whisk the egg whites", "Answer_Type:HOST")).hits
    assert (hit.item.content, hit.cue) == (HOSTS.content, 1.0)


def test_a_cue_pattern_is_searched_in_the_task(private_library: PamphletLibrary) -> None:
    private_library.learn([replace(HOSTS, cue=r"re:egg\w*")], task(1))
    assert contents(private_library, ask("whisk the eggs")) == [HOSTS.content]
    assert contents(private_library, ask("whisk the cream")) == []


def test_a_scope_sees_itself_and_what_stands_above_it(private_library: PamphletLibrary) -> None:
    scopes = ["synthetic", SCOPE, f"{SCOPE}/deep", "synthetic/so", "other"]
    drafts = [replace(HOSTS, scope=scope) for scope in scopes]
    private_library.learn(drafts, task(1))
    hits = private_library.recall(ask("host names", "answer_type:host", floor=0.0)).hits
    assert {hit.item.scope for hit in hits} == {"synthetic", SCOPE}


def test_every_part_of_a_score_is_told_and_adds_up(library: PamphletLibrary) -> None:
    library.learn(DRAFTS, task(1))
    hit = library.recall(ADDRESS).hits[0]
    assert hit.score == pytest.approx(hit.rank * hit.worth)
    assert 0 < hit.similarity <= 1
    assert hit.keyword > 0
    assert (hit.cue, hit.rank, hit.worth) == (1.0, pytest.approx(1.0), pytest.approx(0.9))


def test_of_two_that_fit_alike_the_better_credited_comes_first(private_library: PamphletLibrary) -> None:
    twins = [replace(HOSTS, content=f"Match host names on the label {word}.") for word in ("alpha", "omega")]
    one, two = private_library.learn(twins, task(1)).added
    query = ask("match the host names on a label", "answer_type:host")

    def credit(better: ItemId, worse: ItemId, tasks: range) -> None:
        for number in tasks:
            private_library.credit("run", f"task-{number}", [better], 1.0)
            private_library.credit("run", f"task-{number}", [worse], 0.0)

    credit(one, two, range(10, 16))
    assert private_library.recall(query).hits[0].item.id == one
    credit(two, one, range(20, 40))
    assert private_library.recall(query).hits[0].item.id == two


def test_limit_and_token_budget_hold(private_library: PamphletLibrary) -> None:
    rules = [f"Host name rule {chr(97 + number)}: " + "label " * (number * 4 + 2) for number in range(12)]
    private_library.learn([replace(HOSTS, content=rule) for rule in rules], task(1))
    few = ask("host name", "answer_type:host", limit=5, token_budget=10_000)
    assert len(contents(private_library, few)) == 5
    shown = contents(private_library, ask("host name", "answer_type:host", token_budget=120))
    assert shown
    assert sum(count_tokens(f"- [guard] {content}\n") for content in shown) <= 120
    assert contents(private_library, ask("host name", "answer_type:host", token_budget=0)) == []


@settings(max_examples=20)
@given(st.permutations(range(8)))
def test_the_order_of_learning_does_not_change_the_order_of_hits(order: list[int]) -> None:
    drafts = [replace(HOSTS, content=f"Host rule about label {chr(97 + number) * 3}") for number in range(8)]
    library = PamphletLibrary.in_memory(LexicalEmbedder(64))
    for number in order:
        library.learn([drafts[number]], task(1))
    found = [hit.item.content for hit in library.recall(ask("host rule label", floor=0.0)).hits]
    library.close()
    same = PamphletLibrary.in_memory(LexicalEmbedder(64))
    same.learn(drafts, task(1))
    assert found == [hit.item.content for hit in same.recall(ask("host rule label", floor=0.0)).hits]
    same.close()


def test_vectors_of_two_embedders_never_meet(database: Database) -> None:
    PamphletLibrary(database, LexicalEmbedder(512)).learn(DRAFTS, task(1))
    changed = PamphletLibrary(database, LexicalEmbedder(64))
    recall = changed.recall(ADDRESS)
    fresh = PamphletLibrary.in_memory(LexicalEmbedder(64))
    fresh.learn(DRAFTS, task(1))
    assert recall.embedder == "lexical-v1-64"
    expected = [(hit.item.id, hit.similarity) for hit in fresh.recall(ADDRESS).hits]
    assert [(hit.item.id, hit.similarity) for hit in recall.hits] == expected
    with database.reading() as session:
        rows = session.scalars(select(EmbeddingRow)).all()
    assert {(row.embedder_id, row.dimensions, len(row.vector)) for row in rows} == {
        ("lexical-v1-512", 512, 2048),
        ("lexical-v1-64", 64, 256),
    }
    assert len(rows) == 2 * len(DRAFTS)
    fresh.close()


def test_without_its_embedder_recall_goes_on_by_words_and_says_so(database: Database) -> None:
    embedder = UnsteadyEmbedder()
    library = PamphletLibrary(database, embedder)
    embedder.down = True
    assert len(library.learn(DRAFTS, task(1)).added) == len(DRAFTS)
    recall = library.recall(ADDRESS)
    assert recall.degraded
    assert recall.hits[0].item.content == SIGN_IN.content
    assert recall.hits[0].similarity == 0.0
    assert library.degraded is not None
    embedder.down = False
    recall = library.recall(ADDRESS)
    assert not recall.degraded
    assert recall.hits[0].similarity > 0.0
    assert library.degraded is None
