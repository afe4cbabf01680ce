"""Screening for inspirations: windows of 15 papers keep 3, again and again, down to a few (MOOSE-Chem).

The question asks for papers that are *not obviously* related; the switch asks for the most similar ones
instead, which is the method's ablation. Where an answer names no paper of its window, a rule chooses: by
likeness to the question, less the share of the question's words when the obvious is not wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ideation.arm import Desk
from ideation.corpus.identity import PaperId
from ideation.families.knowledge.nearness import by_search, labelled, shown_text, telling_words
from ideation.families.knowledge.replies import all_named
from ideation.muse import ListRequest, Source
from ideation.wordings import wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """Ends after `rounds`, or when at most `enough` papers are left."""

    window: int = 15
    keep: int = 3
    rounds: int = 4
    enough: int = 3
    non_obvious: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """`kept` are those left, best first as far as they were told apart; `rounds` what each round kept.

    `by_rule` of `windows` were chosen by rule.
    """

    kept: tuple[Source, ...]
    rounds: tuple[tuple[PaperId, ...], ...]
    windows: int
    by_rule: int


async def screen(
    desk: Desk, stage: str, question: str, sources: Sequence[Source], plan: Screening
) -> Screened:
    """Screen the papers for the question.

    Raises:
        LimitReached: the budget is spent.
    """
    pool = tuple(sources)
    near = _by_rule(desk, question, pool, non_obvious=plan.non_obvious)
    rounds: list[tuple[PaperId, ...]] = []
    windows = by_rule = 0
    for _ in range(plan.rounds):
        if len(pool) <= plan.enough:
            break
        parts = [pool[at : at + plan.window] for at in range(0, len(pool), plan.window)]
        said = await _ask(desk, stage, question, parts, plan, len(rounds))
        windows += len(parts)
        kept: list[Source] = []
        for part, lines in zip(parts, said, strict=True):
            chosen = all_named(lines or (), part)[: plan.keep]
            by_rule += not chosen
            kept += chosen or sorted(part, key=lambda each: (-near[each.paper], each.paper))[: plan.keep]
        if len(kept) == len(pool):
            break
        pool = tuple(kept)
        rounds.append(tuple(each.paper for each in pool))
    return Screened(kept=pool, rounds=tuple(rounds), windows=windows, by_rule=by_rule)


async def _ask(
    desk: Desk,
    stage: str,
    question: str,
    parts: Sequence[Sequence[Source]],
    plan: Screening,
    number: int,
) -> list[tuple[str, ...] | None]:
    asked = (
        wording("questions/inspirations not obvious", topic=question, keep=plan.keep)
        if plan.non_obvious
        else wording("questions/inspirations alike", topic=question, keep=plan.keep)
    )
    requests = [
        ListRequest(
            question=asked,
            material=tuple(labelled(source) for source in part),
            count=plan.keep,
            seed=desk.seed + number,
        )
        for part in parts
    ]
    return await desk.gather(stage, [partial(desk.muse.list, request) for request in requests])


def _by_rule(
    desk: Desk, question: str, sources: Sequence[Source], *, non_obvious: bool
) -> dict[PaperId, float]:
    near = by_search(desk, question, sources)
    if non_obvious:
        near = {each.paper: near[each.paper] - shared_words(question, each) for each in sources}
    return near


def shared_words(question: str, source: Source) -> float:
    """The share, in [0, 1], of the question's telling words that stand in the paper."""
    own = telling_words(question)
    return len(own & telling_words(shown_text(source))) / max(1, len(own))
