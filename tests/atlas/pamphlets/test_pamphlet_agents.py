"""The store as agents use it: search by meaning, graphs, tasks and threads and processes at once."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any, TypedDict

from langgraph.config import get_store
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from atlas.pamphlet_store import PamphletStore
from core.errors import AtlasError
from memory.items import Audience, RecallQuery
from memory.ledger.editor import ItemEdit
from memory.library import PamphletLibrary
from memory.opening import open_pamphlets
from tests.atlas.pamphlets.samples import AGENT, DARK, LESSONS, LIGHT, SOC, USER

# ---- search by meaning

FACTS = {
    "theme": "Likes a dark theme in every editor.",
    "figures": "Wants figures as short tables.",
    "language": "Speaks French with colleagues at work.",
    "food": "Eats no meat and no fish.",
    "fish": "Eats no fish and no meat at all.",
}


def test_a_search_finds_by_meaning_all_that_fits() -> None:
    library = open_pamphlets()
    store = PamphletStore(library, actor=AGENT)
    for key, words in FACTS.items():
        store.put(USER, key, {"memory": words})
    store.put(("users", "user:7"), "food", {"memory": "Orders vegetarian meals only."})
    found = store.search(USER, query="Which restaurant suits a vegetarian?")
    assert {item.key for item in found[:2]} == {"food", "fish"}
    assert found[0].score is not None
    assert found[1].score is not None
    assert 1.5 > found[0].score >= found[1].score > 0
    everyone = store.search(("users",), query="Which restaurant suits a vegetarian?")
    assert everyone[0].namespace == ("users", "user:7") or everyone[1].namespace == ("users", "user:7")
    assert [
        item.value for item in store.search(USER, query="vegetarian", filter={"memory": FACTS["fish"]})
    ] == [{"memory": FACTS["fish"]}]
    assert store.search(USER, query="Which restaurant suits a vegetarian?", limit=1, offset=1) == [found[1]]
    assert store.search(("elsewhere",), query="vegetarian") == []
    library.close()


def test_a_search_stays_below_its_prefix_though_a_recall_takes_in_wider_scopes(
    store: PamphletStore, library: PamphletLibrary
) -> None:
    for namespace in (("a",), ("a", "b"), ("a", "b", "c"), ("a", "d"), ("a", "b", "teacher")):
        store.put(namespace, "k", {"data": LESSONS[0]})
    query = "sort rows by time"
    for prefix in ((), ("a",), ("a", "b"), ("a", "b", "c"), ("a", "b", "teacher"), ("a", "b", "student")):
        found = {item.namespace for item in store.search(prefix, query=query)}
        assert found == {item.namespace for item in store.search(prefix)}
    shown = library.recall(RecallQuery(text=query, scope="a/b", audience=Audience.STUDENT)).hits
    assert len(shown) == 1, "one prompt holds one candidate"


def test_a_floor_keeps_out_what_has_nothing_to_do_with_it(library: PamphletLibrary) -> None:
    strict, loose = (PamphletStore(library, actor=AGENT, floor=floor) for floor in (0.25, -1.0))
    strict.put(USER, "theme", DARK)
    assert strict.search(USER, query="quarterly revenue of subsidiaries") == []
    assert [item.key for item in loose.search(USER, query="quarterly revenue of subsidiaries")] == ["theme"]


# ---- as agents use it


class State(TypedDict, total=False):
    said: str
    known: list[str]


def remember(state: State, runtime: Runtime[None]) -> State:
    assert runtime.store is not None
    runtime.store.put(USER, "theme", {"memory": state["said"]})
    return {}


def look_up(state: State) -> State:
    return {"known": [item.value["memory"] for item in get_store().search(USER, query=state["said"])]}


async def look_up_later(state: State) -> State:
    return {"known": [item.value["memory"] for item in await get_store().asearch(USER, query=state["said"])]}


def graph_of(node: Any, store: PamphletStore) -> Any:
    graph = StateGraph(State)
    graph.add_node("only", node)
    graph.add_edge(START, "only")
    graph.add_edge("only", END)
    return graph.compile(store=store)


async def test_one_graph_remembers_and_another_one_knows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'memory.db'}"
    one, other = open_pamphlets(url, embedder="lexical"), open_pamphlets(url, embedder="lexical")
    writing, reading = PamphletStore(one, actor="agent:one"), PamphletStore(other, actor="agent:other")
    assert reading.search(USER) == []
    for words in (DARK["memory"], LIGHT["memory"]):
        graph_of(remember, writing).invoke({"said": words})
        assert graph_of(look_up, reading).invoke({"said": "theme of the editor"})["known"] == [words]
    asked = await graph_of(look_up_later, reading).ainvoke({"said": "theme of the editor"})
    assert asked["known"] == [LIGHT["memory"]]
    (item,) = other.items()
    assert [each.actor for each in other.archive.history(item.id)] == ["agent:one"] * 2
    other.editor("person:eva").edit(item.id, ItemEdit(content=DARK["memory"]))
    seen = await writing.aget(USER, "theme")
    assert seen is not None
    assert seen.value == DARK
    for library in (one, other):
        library.close()


async def test_it_may_be_used_by_many_tasks_at_once(store: PamphletStore, library: PamphletLibrary) -> None:
    lessons = [f"Column {chr(65 + number) * 3} of the table tells the device." for number in range(20)]
    await asyncio.gather(*(store.aput(SOC, str(at), {"data": words}) for at, words in enumerate(lessons)))
    found = await asyncio.gather(*(store.aget(SOC, str(at)) for at in range(20)))
    assert [item and item.value["data"] for item in found] == lessons
    await asyncio.gather(*(store.adelete(SOC, str(at)) for at in range(0, 20, 2)))
    assert len(await store.asearch(SOC, limit=100)) == 10
    assert await store.alist_namespaces(prefix=("synthetic",)) == [SOC]
    assert library.archive.audit().intact


def test_of_writers_who_race_for_a_key_one_remains(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'memory.db'}"
    libraries = [open_pamphlets(url, embedder="lexical") for _ in range(4)]
    stores = [PamphletStore(library, actor=f"agent:{at}") for at, library in enumerate(libraries)]
    together, failures = threading.Barrier(len(stores)), []

    def write(at: int) -> None:
        try:
            for turn in range(6):
                together.wait()
                stores[at].put(
                    SOC,
                    f"key-{turn}",
                    {"data": f"Writer {'xyzw'[at]} says that turn {'abcdef'[turn]} is his."},
                )
                stores[at].put(SOC, "same", {"data": f"All agree on turn {'abcdef'[turn]}."})
        except (AtlasError, threading.BrokenBarrierError) as error:
            failures.append(error)
            together.abort()

    threads = [threading.Thread(target=write, args=(at,)) for at in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {item.key for item in stores[0].search(SOC, limit=100)} == {
        "same",
        *(f"key-{turn}" for turn in range(6)),
    }
    assert len(stores[0].search(SOC, limit=100)) == 7
    assert libraries[0].archive.audit().intact
    for library in libraries:
        library.close()
