"""Every text that a run made, kept or not: out of whom, by which operator, what changed, and its fate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ideation.arm import Rejected
from ideation.families.search.lineage import Fate, Node, Searched
from ideation.generating import Played
from ideation.idea import Idea, IdeaId, text_diff
from ideation.report.record import LineageNode

KEPT, DUPLICATE, SURPLUS, REJECTED = "kept", "duplicate", "surplus", "rejected"


def lineage_of(
    played: Sequence[Played],
    kept: Sequence[Idea],
    duplicates: Mapping[IdeaId, IdeaId],
    given_up: Mapping[IdeaId, str] | None = None,
) -> tuple[LineageNode, ...]:
    """One node a text, parents before their children. `kept` are as they stand in the end, perhaps repaired
    or edited since an arm made them; `given_up` has what a person did to others.
    """
    made: dict[IdeaId, Idea] = {}
    nodes: dict[IdeaId, Node] = {}
    reasons: dict[IdeaId, str] = {}
    given: set[IdeaId] = set()
    spare: set[IdeaId] = set()
    for turn in played:
        produced = turn.produced
        rejected = [each for each in produced.rejected if each.idea is not None]
        if isinstance(produced, Searched):
            nodes |= {node.idea.id: node for node in produced.lineage}
            made |= {node.idea.id: node.idea for node in produced.lineage}
        made |= {each.idea.id: each.idea for each in rejected if each.idea}
        made |= {idea.id: idea for idea in produced.ideas}
        reasons |= {each.idea.id: each.reason for each in rejected if each.idea}
        given |= {idea.id for idea in produced.ideas}
        spare |= {each.idea.id for each in rejected if each.idea and each.surplus}
    reasons |= given_up or {}
    last = {idea.id: idea for idea in kept}
    found = []
    for key, idea in _in_order({**made, **{key: idea for key, idea in last.items() if key not in made}}):
        node = nodes.get(key)
        fate, reason = _fate(key, last, duplicates, reasons, given, node)
        fate = SURPLUS if fate == REJECTED and key in spare else fate
        ends = last.get(key, idea)
        found.append(
            LineageNode(
                id=key,
                title=ends.text.title,
                family=idea.family.value,
                lever=idea.origin.lever,
                operator=_operator(ends, node),
                round=idea.round,
                parents=tuple(idea.parents),
                fate=fate,
                reason=reason,
                diff=_diff(idea, ends, made),
                value=round(node.value, 6) if node and node.value is not None else None,
                visits=node.visits if node else 0,
                total=round(node.total, 6) if node else 0.0,
            )
        )
    return tuple(found)


def _fate(
    key: IdeaId,
    kept: Mapping[IdeaId, Idea],
    duplicates: Mapping[IdeaId, IdeaId],
    reasons: Mapping[IdeaId, str],
    given: set[IdeaId],
    node: Node | None,
) -> tuple[str, str]:
    if key in kept:
        return KEPT, ""
    if key in reasons:
        return REJECTED, reasons[key]
    if key in duplicates:
        return DUPLICATE, f"says the same as {duplicates[key]}"
    if key in given or node is None or node.fate is Fate.CHOSEN:
        return SURPLUS, "more ideas were there than were wanted"
    return node.fate.value, ""


def _operator(idea: Idea, node: Node | None) -> str:
    operators = idea.origin.operators
    return node.operator if node else operators[-1] if operators else idea.origin.lever


def _diff(made: Idea, ends: Idea, known: Mapping[IdeaId, Idea]) -> str:
    """Against the first parent; without one that is known, against itself before it was repaired."""
    parent = next((known[each] for each in made.parents if each in known), made)
    return text_diff(parent.text, ends.text)


def _in_order(ideas: Mapping[IdeaId, Idea]) -> list[tuple[IdeaId, Idea]]:
    """Parents before their children, else as made."""
    ordered: dict[IdeaId, Idea] = {}
    for first in ideas:
        waiting = [first]
        seen: set[IdeaId] = set()
        while waiting:
            key = waiting[-1]
            missing = [each for each in ideas[key].parents if each in ideas and each not in {*ordered, *seen}]
            seen.add(key)
            if missing:
                waiting += missing
            else:
                ordered.setdefault(waiting.pop(), ideas[key])
    return list(ordered.items())


def failures_of(played: Sequence[Played], vetoed: Sequence[Rejected] = ()) -> list[Rejected]:
    """What was given up for a fault of its own: not what was one too many, and not a version of an idea that
    went on in other words.
    """
    every = [each for turn in played for each in turn.produced.rejected]
    going = [idea for turn in played for idea in turn.produced.ideas]
    went_on = {parent for idea in going for parent in idea.parents}
    made = {idea.id for idea in going}
    return [
        *(
            each
            for each in every
            if not each.surplus
            and (each.idea is None or (each.idea.id not in went_on and not made & set(each.idea.parents)))
        ),
        *vetoed,
    ]
