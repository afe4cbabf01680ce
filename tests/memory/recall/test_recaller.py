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
from memory.credit.outcome import TaskOutcome
from memory.embedding.lexical import LexicalEmbedder
from memory.items import Fate, ItemDraft, ItemId, Recall, RecallQuery, Status
from memory.library import PamphletLibrary
from memory.sql.tables import EmbeddingRow
from tests.memory.samples import DRAFTS, HOSTS, MAIL, SCOPE, SIGN_IN, ask, task

NAMES = [f"{one}{two}" for one in ("Alpha", "Beta", "Gamma", "Delta") for two in ("Oak", "Elm", "Ash", "Fir")]
ADDRESS = ask("From which IP address did the account sign in?", "answer_type:ip")


class UnsteadyEmbedder(LexicalEmbedder):
    """A lexical embedder whose endpoint can be switched off."""

    down = False

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.down:
            raise ProviderError("switched off")
        return super().embed(texts)


def teach(library: PamphletLibrary, drafts: Sequence[ItemDraft]) -> tuple[ItemId, ...]:
    """Learn from two tasks, so that all are active."""
    added = library.learn(drafts, task(1)).added
    library.learn(drafts, task(2))
    return added


def contents(library: PamphletLibrary, query: RecallQuery) -> list[str]:
    return [hit.item.content for hit in library.recall(query).hits]


def test_the_fitting_lesson_comes_first(library: PamphletLibrary) -> None:
    teach(library, DRAFTS)
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
    teach(private_library, [replace(HOSTS, cue=r"re:egg\w*")])
    assert contents(private_library, ask("whisk the eggs")) == [HOSTS.content]
    assert contents(private_library, ask("whisk the cream")) == []


def test_a_scope_sees_itself_and_what_stands_above_it(private_library: PamphletLibrary) -> None:
    scopes = ["synthetic", SCOPE, f"{SCOPE}/deep", "synthetic/so", "other"]
    drafts = [
        replace(HOSTS, scope=scope, content=f"Host rule of label {name}")
        for scope, name in zip(scopes, NAMES, strict=False)
    ]
    teach(private_library, drafts)
    hits = private_library.recall(ask("host names", "answer_type:host", floor=0.0)).hits
    assert {hit.item.scope for hit in hits} == {"synthetic", SCOPE}


def test_every_part_of_a_score_is_told_and_adds_up(library: PamphletLibrary) -> None:
    teach(library, DRAFTS)
    hit = library.recall(ADDRESS).hits[0]
    assert hit.score == pytest.approx(hit.rank * hit.worth)
    assert 0 < hit.similarity <= 1
    assert hit.keyword > 0
    assert (hit.cue, hit.rank) == (1.0, pytest.approx(1.0))


def shown(library: PamphletLibrary, number: int, item: ItemId, reward: float) -> None:
    """A task that was shown one item and ended with the reward."""
    recall = library.recall(ask("match the host names on a label", "answer_type:host"))
    only = replace(recall, hits=tuple(hit for hit in recall.hits if hit.item.id == item))
    library.log_exposures("run", f"task-{number}", only)
    library.credit("run", f"task-{number}", TaskOutcome(reward=reward))


def test_of_two_that_fit_alike_the_better_credited_comes_first(private_library: PamphletLibrary) -> None:
    twins = [replace(HOSTS, content=f"Match host names on the label {word}.") for word in ("Alpha", "Omega")]
    one, two = teach(private_library, twins)
    query = ask("match the host names on a label", "answer_type:host")
    for number in range(10, 16):
        shown(private_library, number, one, 1.0)
        shown(private_library, number + 100, two, 0.0)
    assert private_library.recall(query).hits[0].item.id == one
    for number in range(20, 44):
        shown(private_library, number, one, 0.0)
        shown(private_library, number + 100, two, 1.0)
    assert private_library.recall(query).hits[0].item.id == two


def test_a_prompt_holds_one_candidate_at_most_and_explain_names_it(private_library: PamphletLibrary) -> None:
    words = ("Alpha", "Beta", "Gamma", "Delta")
    rules = [replace(HOSTS, content=f"Match host names on the label {word}.") for word in words]
    teach(private_library, rules[:1])
    private_library.learn(rules[1:], task(3))
    query = ask("match the host names on a label", "answer_type:host", floor=0.0)
    recall = private_library.explain(query)
    assert sorted(hit.item.status for hit in recall.hits) == [Status.ACTIVE, Status.CANDIDATE]
    (chosen,) = (hit.item.id for hit in recall.hits if hit.item.status is Status.CANDIDATE)
    left = [each for each in recall.considered if each.fate is Fate.CANDIDATE_SHOWN]
    assert len(left) == 2
    assert {each.because_of for each in left} == {chosen}
    assert private_library.recall(query) == replace(recall, considered=())


def test_every_candidate_has_one_fate_and_the_shown_are_the_hits(library: PamphletLibrary) -> None:
    teach(library, DRAFTS)
    recall = library.explain(ask("From which IP address did the account sign in?", "answer_type:ip", limit=1))
    assert len({each.hit.item.id for each in recall.considered}) == len(recall.considered) == 3
    assert [each.hit for each in recall.considered if each.fate is Fate.SHOWN] == list(recall.hits)
    fates = {each.hit.item.content: each.fate for each in recall.considered}
    assert fates[HOSTS.content] is Fate.OTHER_CUE


def test_of_two_that_contradict_only_the_better_is_shown(private_library: PamphletLibrary) -> None:
    always = replace(HOSTS, content="Always sort the sign-ins by time before you read the first address.")
    never = replace(HOSTS, content="Never sort the sign-ins by time before you read the first address.")
    teach(private_library, [always])
    teach(private_library, [never])
    assert len(private_library.items()) == 2
    recall = private_library.explain(ask("sort the sign-ins by time", "answer_type:host", floor=0.0))
    assert len(recall.hits) == 1
    (other,) = (each for each in recall.considered if each.fate is Fate.CONTRADICTS)
    assert other.because_of == recall.hits[0].item.id
    assert {each.item.id for each in private_library.queue()} == {min(other.hit.item.id, other.because_of)}


def test_a_task_withholds_the_same_items_each_time_and_tasks_differ(private_library: PamphletLibrary) -> None:
    rules = [replace(HOSTS, content=f"Match host names on the label {name}.") for name in NAMES]
    teach(private_library, rules)
    query = ask("match the host names on a label", "answer_type:host", token_budget=10_000, limit=40)

    def drawn(name: str) -> Recall:
        return private_library.recall(replace(query, draw=name, withhold=0.3))

    everything = {hit.item.id for hit in private_library.recall(query).hits}
    for recall in (drawn("run/a"), drawn("run/b")):
        assert {hit.item.id for hit in (*recall.hits, *recall.withheld)} == everything
        assert {round(hit.propensity, 9) for hit in (*recall.hits, *recall.withheld)} == {0.7}
    assert drawn("run/a") == drawn("run/a")
    assert drawn("run/a").withheld != drawn("run/b").withheld
    shares = [len(drawn(f"run/{n}").withheld) / len(everything) for n in range(60)]
    assert sum(shares) / 60 == pytest.approx(0.3, abs=0.05)


def test_what_is_pinned_is_never_withheld(private_library: PamphletLibrary) -> None:
    (item,) = teach(private_library, [HOSTS])
    private_library.editor("person:ada").pin(item)
    query = ask("host names", "answer_type:host")
    for number in range(20):
        recall = private_library.recall(replace(query, draw=f"run/{number}", withhold=0.9))
        assert [(hit.item.id, hit.propensity) for hit in recall.hits] == [(item, 1.0)]


def test_an_item_for_one_model_is_shown_to_no_other(private_library: PamphletLibrary) -> None:
    teach(private_library, [replace(HOSTS, student_model="big")])
    query = ask("host names", "answer_type:host")
    assert private_library.recall(query).hits == ()
    assert private_library.recall(replace(query, student_model="small")).hits == ()
    assert len(private_library.recall(replace(query, student_model="big")).hits) == 1


def test_limit_and_token_budget_hold(private_library: PamphletLibrary) -> None:
    rules = [f"Host name rule {name}: " + "label " * (at * 4 + 2) for at, name in enumerate(NAMES[:12])]
    teach(private_library, [replace(HOSTS, content=rule) for rule in rules])
    few = ask("host name", "answer_type:host", limit=5, token_budget=10_000)
    assert len(contents(private_library, few)) == 5
    shown = contents(private_library, ask("host name", "answer_type:host", token_budget=120))
    assert shown
    assert sum(count_tokens(f"- [guard] {content}\n") for content in shown) <= 120
    assert contents(private_library, ask("host name", "answer_type:host", token_budget=0)) == []


@settings(max_examples=20)
@given(st.permutations(range(8)))
def test_the_order_of_learning_does_not_change_the_order_of_hits(order: list[int]) -> None:
    drafts = [replace(HOSTS, content=f"Host rule about label {name}") for name in NAMES[:8]]
    library = PamphletLibrary.in_memory(LexicalEmbedder(64))
    for number in order:
        teach(library, [drafts[number]])
    found = [hit.item.content for hit in library.recall(ask("host rule label", floor=0.0)).hits]
    library.close()
    same = PamphletLibrary.in_memory(LexicalEmbedder(64))
    teach(same, drafts)
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
    assert len(rows) == len(DRAFTS) + 3, "the Student's section was asked for, the Teacher's not"
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


def drawn(library: PamphletLibrary, number: int) -> frozenset[ItemId]:
    query = replace(ask("logons of devices"), draw=f"task-{number}", withhold=0.4)
    return frozenset(hit.item.id for hit in library.recall(query).withheld)


def test_wordings_of_one_lesson_are_withheld_together(library: PamphletLibrary) -> None:
    """While one wording stays, leaving out the other would tell nothing of either."""
    follow = replace(HOSTS, content="Follow logons of devices in DeviceLogonEvents.", cue="")
    trace = replace(follow, content="Trace logons of devices in DeviceLogonEvents.")
    other = replace(follow, content="Logons of devices in SigninLogs are of the cloud.")
    one, twin, apart = teach(library, [follow, trace, other])
    found = [drawn(library, number) for number in range(60)]
    assert all((one in each) == (twin in each) for each in found)
    assert any((one in each) != (apart in each) for each in found)
    assert 10 <= sum(one in each for each in found) <= 38


def test_an_item_in_doubt_is_withheld_more_often(library: PamphletLibrary) -> None:
    (item,) = teach(library, [HOSTS])
    query = replace(ask("host names of devices"), withhold=0.1)
    for number in range(40):
        recalled = library.recall(replace(query, draw=f"early-{number}"))
        library.log_exposures("early", f"early-{number}", recalled)
        reward = 0.0 if recalled.hits else 1.0
        library.credit("early", f"early-{number}", TaskOutcome(reward=reward))
        if library.get(item).status is Status.RETIRED:
            break
    else:
        pytest.fail("what harms each time is retired")
    told = library.exposures(item)
    assert told[-1].propensity == 0.9
    assert min(each.propensity for each in told) < 0.6
