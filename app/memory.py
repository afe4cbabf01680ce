"""`atlas memory`: look into the pamphlets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Json

if TYPE_CHECKING:
    from memory.items import Evidence, Hit, Item, Recall, RecallQuery
    from memory.library import PamphletLibrary

app = typer.Typer(help="Inspect the pamphlets.", no_args_is_help=True)

Scope = Annotated[str | None, typer.Option(help="Namespace, with all below it, e.g. excytin/soc.")]


@app.command("list")
def list_items(
    scope: Scope = None,
    status: Annotated[str | None, typer.Option(help="candidate, active, quarantined or retired.")] = None,
    limit: Annotated[int | None, typer.Option(min=1)] = None,
    as_json: Json = False,
) -> None:
    """Items by scope, kind and age."""
    from app.house import House
    from app.output import print_json, print_text
    from core.errors import UserError
    from memory.items import Status

    if status is not None and status not in set(Status):
        raise UserError(f"no status {status!r}: choose {', '.join(Status)}")
    with House(reading=True) as house:
        items = house.shelf().items(scope=scope, status=Status(status) if status else None, limit=limit)
    if as_json:
        print_json({"items": [item_json(item) for item in items]})
    else:
        print_text(
            items_text(items) if items else "no items here: run a benchmark with --memory on, or ask for less"
        )


@app.command("show")
def show(item_id: Annotated[str, typer.Argument(help="Id of an item.")], as_json: Json = False) -> None:
    """One item with its evidence."""
    from app.house import House
    from app.output import print_json, print_text
    from memory.items import ItemId

    with House(reading=True) as house:
        library = house.shelf()
        item = library.get(ItemId(item_id))
        evidence = library.evidence(item.id)
    if as_json:
        print_json({**item_json(item), "evidence": [evidence_json(e) for e in evidence]})
    else:
        print_text(item_text(item, evidence))


@app.command("search")
def search(
    text: Annotated[str, typer.Argument(help="What the task is about.")],
    scope: Annotated[
        str | None,
        typer.Option(help="Namespace of the task, e.g. excytin/soc. Default: all that have items."),
    ] = None,
    audience: Annotated[str, typer.Option(help="student or teacher.")] = "student",
    limit: Annotated[int, typer.Option(min=1)] = 8,
    as_json: Json = False,
) -> None:
    """What would be recalled for a task, with every part of its score."""
    from app.house import House
    from app.output import print_json, print_text
    from atlas.offline.teacher import cues_of
    from core.errors import UserError
    from memory.items import Audience, RecallQuery

    if audience not in set(Audience):
        raise UserError(f"no audience {audience!r}: choose student or teacher")
    query = RecallQuery(
        text=text, scope=scope or "", audience=Audience(audience), cues=cues_of(text), limit=limit
    )
    with House(reading=True) as house:
        found = _recall(house.shelf(searched=True), query)
    if as_json:
        hits = [
            {
                **item_json(hit.item),
                "score": hit.score,
                "similarity": hit.similarity,
                "keyword": hit.keyword,
                "cue_match": hit.cue,
            }
            for hit in found.hits
        ]
        print_json(
            {
                "hits": hits,
                "abstained": found.abstained,
                "degraded": found.degraded,
                "embedder": found.embedder,
            }
        )
    else:
        print_text(hits_text(found.hits) if found.hits else "nothing fits well enough")


def _recall(library: PamphletLibrary, query: RecallQuery) -> Recall:
    """The recall of the query's scope; of every scope that has items, best first, where it names none."""
    if query.scope:
        return library.recall(query)
    from dataclasses import replace

    from memory.items import Recall

    scopes = sorted({item.scope for item in library.items()})
    found = [library.recall(replace(query, scope=scope)) for scope in scopes]
    hits = {hit.item.id: hit for recall in found for hit in recall.hits}
    best = sorted(hits.values(), key=lambda hit: (-hit.score, hit.item.id))[: query.limit]
    degraded = any(recall.degraded for recall in found)
    return Recall(hits=tuple(best), abstained=not best, degraded=degraded, embedder=library.embedder.id)


def item_json(item: Item) -> dict[str, object]:
    return {
        "id": item.id,
        "kind": item.kind.value,
        "audience": item.audience.value,
        "scope": item.scope,
        "status": item.status.value,
        "version": item.version,
        "content": item.content,
        "cue": item.cue,
        "credit": {"mean": item.credit.mean, "alpha": item.credit.alpha, "beta": item.credit.beta},
        "support": item.support,
        "pinned": item.pinned,
        "boundary": item.boundary,
        "expected_effect": item.expected_effect,
        "action": None
        if item.action is None
        else {
            "tool": item.action.tool,
            "template": item.action.template,
            "bindings": dict(item.action.bindings),
        },
        "created_at": item.created_at.isoformat(),
        "updated_at": item.updated_at.isoformat(),
    }


def evidence_json(evidence: Evidence) -> dict[str, object]:
    return {
        "run": evidence.run_id,
        "task": evidence.task_id,
        "group": evidence.group,
        "reward": evidence.reward,
        "note": evidence.note,
    }


def items_text(items: tuple[Item, ...]) -> str:
    lines = []
    for item in items:
        state = f"{item.status.value}  v{item.version}  worth {item.credit.mean:.2f}  {item.support} tasks"
        lines += [f"{item.id}  {item.kind.value}  {state}", f"    {item.content}"]
    return "\n".join(lines)


def item_text(item: Item, evidence: tuple[Evidence, ...]) -> str:
    """An item as a person reads it, its evidence below."""
    lines = [
        f"{item.id}  {item.kind.value} for the {item.audience.value}  {item.status.value}  v{item.version}",
        f"scope     {item.scope}",
        f"cue       {item.cue or '-'}",
        f"worth     {item.credit.mean:.2f} (Beta {item.credit.alpha:.1f}, {item.credit.beta:.1f})",
        f"content   {item.content}",
    ]
    if item.action is not None:
        lines.append(f"action    {item.action.tool}: {item.action.template}")
    if item.boundary:
        lines.append(f"boundary  {item.boundary}")
    if item.expected_effect:
        lines.append(f"effect    {item.expected_effect}")
    lines.append(f"evidence  {item.support} tasks")
    lines += [
        f"    {e.task_id}  {e.group}  reward {'-' if e.reward is None else f'{e.reward:.2f}'}"
        for e in evidence[:_MOST_EVIDENCE]
    ]
    if len(evidence) > _MOST_EVIDENCE:
        lines.append(f"    and {len(evidence) - _MOST_EVIDENCE} more")
    return "\n".join(lines)


_MOST_EVIDENCE = 10


def hits_text(hits: tuple[Hit, ...]) -> str:
    lines = []
    for hit in hits:
        parts = f"similarity {hit.similarity:.2f}, words {hit.keyword:.2f}, cue {hit.cue:.0f}"
        lines += [
            f"{hit.score:.3f}  {hit.item.id}  {hit.item.kind.value}  ({parts})",
            f"    {hit.item.content}",
        ]
    return "\n".join(lines)
