"""A route: the table, the columns and the key where answers of one type were found before.

Routes travel as items of a pamphlet: `route_action` writes one down, `read_routes` reads them back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from atlas.offline.vocabulary import AnswerType
from core.guidance import ActionTemplate, GuidanceItem

SQL_TOOL = "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value stands: a column, and a key within it when the cell holds JSON-like text."""

    column: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How to reach answers of one type: list `event_column` of `table`, pick the event, read `place`.

    `worth` in [0, 1] and `support` come from the item; a route found in this attempt has none.
    """

    answer_type: AnswerType
    table: str
    event_column: str
    place: Place
    worth: float = 0.5
    support: int = 0
    item_id: str = ""


def route_sql(route: Route) -> str:
    """The route as one statement with slots in angle brackets."""
    return (
        f"SELECT DISTINCT {route.event_column}, {route.place.column} FROM {route.table} "
        f"WHERE {route.event_column} = '<event>'"
    )


def route_action(route: Route) -> ActionTemplate:
    bindings = {
        "play": "route",
        "answer_type": route.answer_type.value,
        "table": route.table,
        "event_column": route.event_column,
        "column": route.place.column,
    }
    if route.place.key:
        bindings["key"] = route.place.key
    return ActionTemplate(tool=SQL_TOOL, template=route_sql(route), bindings=bindings)


def read_routes(items: Iterable[GuidanceItem], kind: AnswerType) -> list[Route]:
    """Routes for an answer type among recalled items, the most worthy first."""
    routes = []
    for item in items:
        bound = item.action.bindings if item.action else {}
        if bound.get("play") != "route" or bound.get("answer_type") != kind.value:
            continue
        routes.append(
            Route(
                answer_type=kind,
                table=bound["table"],
                event_column=bound["event_column"],
                place=Place(column=bound["column"], key=bound.get("key", "")),
                worth=item.worth,
                support=item.support,
                item_id=item.id,
            )
        )
    return sorted(routes, key=lambda r: (-r.worth, -r.support, r.table, r.place.column, r.place.key))
