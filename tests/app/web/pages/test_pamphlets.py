from __future__ import annotations

import pytest

from app.web.home import Home
from app.web.pages.pamphlets import ItemFilter, PamphletsPage, pamphlets_page
from memory.items import Item, Kind, Status


def ids(page: PamphletsPage) -> set[str]:
    return {item.id for shelf in page.shelves for item in shelf.items}


def test_every_item_stands_on_the_shelf_of_its_scope_and_kind(taught_home: Home) -> None:
    page = pamphlets_page(taught_home.pamphlets, ItemFilter())
    items = taught_home.pamphlets.items()
    assert ids(page) == {item.id for item in items} != set()
    assert page.total == len(items) == sum(count for _, count in page.statuses)
    for shelf in page.shelves:
        assert {(item.scope, item.kind) for item in shelf.items} == {(shelf.scope, shelf.kind)}


@pytest.mark.parametrize(
    ("wanted", "takes"),
    [
        (ItemFilter(scope="synthetic"), lambda item: True),
        (ItemFilter(scope="synth"), lambda item: False),
        (ItemFilter(kind=Kind.ACTION_SCHEMA), lambda item: item.kind is Kind.ACTION_SCHEMA),
        (ItemFilter(status=Status.RETIRED), lambda item: item.status is Status.RETIRED),
        (ItemFilter(text="ENTITIES"), lambda item: "Entities" in item.content),
    ],
    ids=["scope", "part of a scope", "kind", "status", "text"],
)
def test_filters(taught_home: Home, wanted: ItemFilter, takes: object) -> None:
    items = taught_home.pamphlets.items()
    page = pamphlets_page(taught_home.pamphlets, wanted)
    assert callable(takes)
    assert ids(page) == {item.id for item in items if takes(item)}
    assert page.total == len(items)


def test_the_text_filter_takes_some_items_and_leaves_others(taught_home: Home) -> None:
    first: Item = taught_home.pamphlets.items()[0]
    assert ids(pamphlets_page(taught_home.pamphlets, ItemFilter(text=first.id.upper()))) == {first.id}
