"""`atlas memory search` and `explain`: what would be recalled for a task, and why not the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from app.memory.options import parse_word
from app.options import Json

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.memory.opening import Desk
    from app.memory.sheet import Sheet
    from memory.items import Considered, Hit, Recall, RecallQuery

Text = Annotated[str, typer.Argument(metavar="TEXT", help="What the task is about.")]
TaskScope = Annotated[
    str | None, typer.Option(help="Namespace of the task, e.g. excytin/soc. Default: all that have items.")
]
Audience = Annotated[str, typer.Option(help="student or teacher.")]


def search(
    text: Text,
    scope: TaskScope = None,
    audience: Audience = "student",
    limit: Annotated[int, typer.Option(min=1)] = 8,
    as_json: Json = False,
) -> None:
    """What would be recalled for a task, and its scores."""
    from app.memory.documents import hit_json, recall_json
    from app.memory.opening import reading
    from app.output import print_json, print_text

    query = _query(text, scope, audience, None, limit=limit)
    with reading(searched=True) as desk:
        found = _recalled(desk, query, desk.library.recall)
        hits = _best(found, limit)
        if as_json:
            print_json({"hits": [hit_json(hit) for hit in hits], **recall_json(_summary(found))})
        elif hits:
            sheet = desk.sheet()
            for hit in hits:
                _add_hit(sheet, hit)
            sheet.print()
        else:
            print_text("nothing fits well enough; see: atlas memory explain --help")


def explain(
    text: Text,
    scope: TaskScope = None,
    audience: Audience = "student",
    cue: Annotated[
        list[str] | None,
        typer.Option(help="What is known of the task, e.g. answer_type:ip; repeat. Default: read from TEXT."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Items that a prompt may hold.")] = 12,
    budget: Annotated[int, typer.Option(min=1, help="Tokens that they may cost together.")] = 900,
    model: Annotated[str, typer.Option(help="Model of the Student, for items kept to one.")] = "",
    as_json: Json = False,
) -> None:
    """Every candidate of a recall, its score and its fate."""
    from app.memory.documents import considered_json, recall_json
    from app.memory.opening import reading
    from app.output import print_json

    query = _query(text, scope, audience, cue, limit=limit, budget=budget, model=model)
    with reading(searched=True) as desk:
        found = _recalled(desk, query, desk.library.explain)
        summary, considered = _summary(found), _all_considered(found)
        if as_json:
            told = {"text": text, "scopes": sorted(found), "audience": audience, "cues": list(query.cues)}
            print_json(
                {
                    **told,
                    **recall_json(summary),
                    "considered": [considered_json(each) for each in considered],
                }
            )
            return
        sheet = desk.sheet()
        _add_query(sheet, query, found, summary)
        for each in considered:
            _add_considered(sheet, each)
        sheet.print()


def _query(
    text: str,
    scope: str | None,
    audience: str,
    cues: list[str] | None,
    *,
    limit: int,
    budget: int = 900,
    model: str = "",
) -> RecallQuery:
    from atlas.offline.teacher import cues_of
    from memory.items import Audience, RecallQuery

    reader = parse_word("audience", audience, Audience)
    assert reader is not None
    return RecallQuery(
        text=text,
        scope=scope or "",
        audience=reader,
        cues=cues_of(text) if cues is None else tuple(cues),
        limit=limit,
        token_budget=budget,
        student_model=model,
    )


def _recalled(desk: Desk, query: RecallQuery, ask: Callable[[RecallQuery], Recall]) -> dict[str, Recall]:
    """The recall of the query's scope; of every scope that has items where it names none."""
    scopes = [query.scope] if query.scope else sorted({item.scope for item in desk.library.items()})
    return {scope: ask(replace(query, scope=scope)) for scope in scopes}


def _best(found: dict[str, Recall], limit: int) -> list[Hit]:
    hits = {hit.item.id: hit for recall in found.values() for hit in recall.hits}
    return sorted(hits.values(), key=lambda hit: (-hit.score, hit.item.id))[:limit]


def _all_considered(found: dict[str, Recall]) -> list[Considered]:
    """Each item once, as the recall had it that showed it; those shown first, then by score."""
    from memory.items import Fate, ItemId

    every = [each for recall in found.values() for each in recall.considered]
    if len(found) > 1:
        every.sort(key=lambda each: (each.fate is not Fate.SHOWN, -each.hit.score, each.hit.item.id))
    first: dict[ItemId, Considered] = {}
    for each in every:
        first.setdefault(each.hit.item.id, each)
    return list(first.values())


def _summary(found: dict[str, Recall]) -> Recall:
    """All recalls as one, without what they hold."""
    from memory.items import Recall

    recalls = list(found.values())
    return Recall(
        hits=(),
        abstained=all(recall.abstained for recall in recalls),
        degraded=any(recall.degraded for recall in recalls),
        embedder=recalls[0].embedder if recalls else "",
        cleaned_query=recalls[0].cleaned_query if recalls else "",
    )


def _add_hit(sheet: Sheet, hit: Hit) -> None:
    parts = f"(similarity {hit.similarity:.2f}, words {hit.keyword:.2f}, cue {hit.cue:.0f})"
    sheet.line(f"{hit.score:.3f}", hit.item.id, hit.item.kind.value, parts)
    sheet.words(hit.item.content)


def _add_query(sheet: Sheet, query: RecallQuery, found: dict[str, Recall], summary: Recall) -> None:
    sheet.facts(
        [
            ("query", summary.cleaned_query or query.text),
            ("cues", ", ".join(query.cues) or "-"),
            ("scope", ", ".join(found) or "-"),
            ("embedder", summary.embedder),
            ("degraded", "yes: vectors are missing, words and cues alone decide" if summary.degraded else ""),
        ]
    )
    if not any(recall.considered for recall in found.values()):
        sheet.line("no candidate: nothing in this scope shares a word, a cue or a meaning with it")
        return
    sheet.blank()
    sheet.line(HEADER, style="dim")


HEADER = "  score  similar  words  cue  rank  worth  tokens  fate"


def _add_considered(sheet: Sheet, each: Considered) -> None:
    hit = each.hit
    numbers = (
        f"{hit.score:7.3f}  {hit.similarity:7.2f}  {hit.keyword:5.2f}  {hit.cue:3.0f}  {hit.rank:4.2f}"
        f"  {hit.worth:5.2f}  {each.tokens:6d}"
    )
    sheet.line(numbers, each.fate.value)
    sheet.line(hit.item.id, hit.item.kind.value, hit.item.status.value, indent=4)
    if each.because_of is not None:
        sheet.line(f"because of {each.because_of}", indent=4)
    sheet.words(hit.item.content)
