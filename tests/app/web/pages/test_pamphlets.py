from __future__ import annotations

import pytest

from app.web.home import Home
from app.web.pages.pamphlets import ItemFilter, PamphletsPage, item_page, pamphlets_page
from core.errors import UserError
from memory.items import Item, Kind, Status
from tests.app.web.written import KEY, UNFINISHED, Written


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


def test_an_item_with_all_that_stands_behind_it(written: Written) -> None:
    with Home(written.settings) as home:
        page = item_page(home.pamphlets, home.database, written.item_id, frozenset({written.run_id, "else"}))
    assert [(each.task_id, each.reward) for each in page.evidence] == [(KEY, 0.5)]
    assert [(each.task_id, each.outcome, each.credited) for each in page.exposures] == [
        (UNFINISHED, "shown", 1.0)
    ]
    assert (page.evidence_total, page.shown, page.withheld, page.credited) == (1, 1, 0, 1)
    assert page.known_runs == (written.run_id,)
    assert page.item.credit.mean == pytest.approx(2 / 3)


def test_an_unknown_item_is_the_askers_error(taught_home: Home) -> None:
    with pytest.raises(UserError, match="no item nope"):
        item_page(taught_home.pamphlets, taught_home.database, "nope", frozenset())
