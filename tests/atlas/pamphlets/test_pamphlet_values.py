"""Namespaces and scopes, values and items, filters: what stands between a LangGraph store and pamphlets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.store.base import (
    InvalidNamespaceError,
    PutOp,
)
from langgraph.store.memory import InMemoryStore

from atlas.pamphlet_store import MAX_KEY, PamphletStore, RefusedPut
from atlas.pamphlet_values import Namespace, Place
from memory.gates.shape import scope_is_path
from memory.library import PamphletLibrary
from tests.atlas.pamphlets.samples import DARK, EVA, LESSONS, LIGHT, SOC, TABLES, USER
from tests.memory.samples import HOSTS

# ---- filters


@pytest.mark.parametrize(
    ("condition", "meets"),
    [
        ({"memory": {"$eq": "12"}}, True),
        ({"memory": {"$gt": 2}}, True),
        ({"memory": {"$gte": 12, "$lt": 12.5}}, True),
        ({"memory": {"$lt": "9"}}, False),
        ({"memory": {"$ne": "12"}}, False),
        ({"absent": {"$ne": "12"}}, True),
        ({"absent": None}, True),
        ({"action": {"tool": "sql"}}, True),
        ({"action": {"tool": {"$ne": "sql"}}}, False),
        ({"action": {"template": "SELECT 1", "bindings": None}}, True),
        ({"cue": {"tool": "sql"}}, False),
        ({"action": ["sql"]}, False),
    ],
)
def test_filters_mean_what_they_mean_elsewhere(
    store: PamphletStore, condition: dict[str, Any], meets: bool
) -> None:
    value = {"memory": "12", "action": {"tool": "sql", "template": "SELECT 1"}}
    theirs = InMemoryStore()
    for each in (store, theirs):
        each.put(SOC, "k", value)
        assert bool(each.search(SOC, filter=condition)) is meets


def test_what_cannot_be_compared_does_not_meet_a_filter(store: PamphletStore) -> None:
    """LangGraph's store in memory fails on both; texts compare by their letters here."""
    store.put(SOC, "k", DARK)
    assert store.search(SOC, filter={"cue": {"$gt": 1}}) == []
    assert store.search(SOC, filter={"memory": {"$gt": 1}}) == []
    assert store.search(SOC, filter={"memory": {"$gt": "Aa", "$lt": "Zz"}})
    with pytest.raises(ValueError, match=r"no operator \$where"):
        store.search(SOC, filter={"memory": {"$where": "1"}})


# ---- namespaces

labels = st.text(min_size=1, max_size=12).filter(lambda text: "." not in text and "\x00" not in text)


@given(
    namespace=st.lists(labels, min_size=1, max_size=3).map(tuple), audience=st.sampled_from(["", "teacher"])
)
def test_a_namespace_is_found_again_whatever_its_labels(namespace: Namespace, audience: str) -> None:
    namespace = (*namespace, audience) if audience else namespace
    try:
        place = Place.of(namespace)
    except InvalidNamespaceError:
        assert namespace[-1:] in (("student",), ("teacher",)) or len("".join(namespace).encode()) > 40
        return
    assert scope_is_path(place.scope)
    assert place.namespace == namespace or namespace[-1] == "student"
    assert Place.of(place.namespace or ()) == place


def test_scopes_with_the_name_of_an_audience_keep_apart(
    store: PamphletStore, library: PamphletLibrary
) -> None:
    for number, scope in enumerate(("a/teacher", "a", "a/student")):
        library.editor(EVA).add(replace(HOSTS, scope=scope))
        store.put(("a", "teacher"), str(number), {"content": LESSONS[number]})
    assert store.list_namespaces() == [
        ("a",),
        ("a", "student", "student"),
        ("a", "teacher"),
        ("a", "teacher", "student"),
    ]
    for namespace in store.list_namespaces():
        found = [item for item in store.search(namespace) if item.namespace == namespace]
        assert len(found) == (3 if namespace == ("a", "teacher") else 1)


def test_a_scope_with_a_dot_of_its_own_has_no_namespace(
    store: PamphletStore, library: PamphletLibrary
) -> None:
    library.editor(EVA).add(replace(HOSTS, scope="synthetic/v1.2"))
    assert store.list_namespaces() == []
    assert store.search((), query=HOSTS.content) == []


@pytest.mark.parametrize("namespace", [(), ("teacher",), ("a.b",), ("a", ""), ("a" * 120, "b" * 120)])
def test_a_namespace_that_no_scope_can_be_is_refused(store: PamphletStore, namespace: Namespace) -> None:
    with pytest.raises(InvalidNamespaceError):
        store.batch([PutOp(namespace, "k", DARK)])


def test_what_an_item_cannot_do_is_said(store: PamphletStore) -> None:
    with pytest.raises(NotImplementedError):
        store.put(USER, "k", DARK, ttl=5)
    for op in (PutOp(USER, "k", DARK, ttl=5), PutOp(USER, "k", DARK, index=False)):
        with pytest.raises(NotImplementedError, match="no time to live"):
            store.batch([op])
    store.put(USER, "k" * MAX_KEY, DARK, index=["memory"])
    with pytest.raises(RefusedPut, match="120 characters"):
        store.put(USER, "k" * (MAX_KEY + 1), LIGHT)


# ---- values of others


def test_langmems_values_come_back_as_they_went(store: PamphletStore) -> None:
    """Shapes of LangMem 0.0.30: its store manager's, its tool's, and that of the docs of LangGraph."""
    managed = {"kind": "Memory", "content": {"content": DARK["memory"]}}
    store.put(USER, "managed", managed)
    store.put(USER, "tool", {"content": TABLES["memory"]})
    store.put(USER, "docs", {"data": "Speaks French at work."})
    assert {item.key: item.value for item in store.search(USER)} == {
        "managed": managed,
        "tool": {"content": TABLES["memory"], "kind": "guard"},
        "docs": {"data": "Speaks French at work."},
    }
    store.put(USER, "managed", {"kind": "Memory", "content": {"content": LIGHT["memory"]}})
    changed = store.get(USER, "managed")
    assert changed is not None
    assert changed.value["content"] == {"content": LIGHT["memory"]}
