"""Splits that keep an incident or a topic whole. No torch."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from adaptation.data.encoding import AnyExample, InformedExample
from core.adapters import PreferenceExample, SftExample
from core.errors import UserError

GROUP_KEYS = ("incident", "group", "topic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """No group is in both."""

    train: tuple[AnyExample, ...]
    held_out: tuple[AnyExample, ...]
    train_groups: tuple[str, ...]
    held_out_groups: tuple[str, ...]


def group_of(example: AnyExample, keys: Sequence[str] = GROUP_KEYS) -> str:
    """`key=value` by the first of `keys` that the example's `about` has; else the question it asks, so that
    answers to one question stay together."""
    for key in keys:
        if str(example.about.get(key, "")).strip():
            return f"{key}={str(example.about[key]).strip().casefold()}"
    return f"question {hashlib.sha256(question_of(example).encode()).hexdigest()[:12]}"


def set_apart(groups: Sequence[str], count: int) -> tuple[list[int], list[int]]:
    """Places of whole groups, the first by name, that have `count` rows together; and all other places.

    One group is left at least. Of a single group its first rows are set apart.
    """
    names = sorted(set(groups))
    kept: list[int] = []
    for name in names[:-1]:
        if len(kept) < count:
            kept += [place for place, group in enumerate(groups) if group == name]
    kept = kept or [*range(min(count, len(groups)))]
    return sorted(kept), sorted({*range(len(groups))} - {*kept})


def question_of(example: AnyExample) -> str:
    """What the user asked first."""
    turns = example.messages[:-1] if isinstance(example, SftExample) else example.prompt
    said = next((turn.content for turn in turns if turn.role == "user"), turns[0].content)
    return " ".join(said.casefold().split())


def answers_of(example: AnyExample) -> tuple[str, ...]:
    """What is learned from it, or against it."""
    if isinstance(example, SftExample):
        return (example.messages[-1].content,)
    if isinstance(example, PreferenceExample):
        return tuple(turn.content for turn in (*example.chosen, *example.rejected))
    assert isinstance(example, InformedExample)
    return (example.answer.content,)


def split(
    examples: Sequence[AnyExample], share: float, *, seed: int = 0, keys: Sequence[str] = GROUP_KEYS
) -> Split:
    """Hold out whole groups, drawn by the seed, until they have `share` of the examples: one group at least,
    and never all. The examples keep their order.

    Raises:
        UserError: something is to be held out and there is one group only.
    """
    groups = [group_of(each, keys) for each in examples]
    names = sorted(set(groups))
    kept_out: set[str] = set()
    if share > 0:
        if len(names) < 2:
            shown = names[0] if names else "no"
            raise UserError(
                f"all examples are of one group ({shown}), so none can be held out whole: give more groups,"
                " a file of held-out examples, or hold out nothing (data.held_out: 0)"
            )
        order = random.Random(seed).sample(names, len(names))
        for name in order[:-1]:
            if kept_out and sum(group in kept_out for group in groups) >= share * len(groups):
                break
            kept_out.add(name)
    return Split(
        train=tuple(e for e, group in zip(examples, groups, strict=True) if group not in kept_out),
        held_out=tuple(e for e, group in zip(examples, groups, strict=True) if group in kept_out),
        train_groups=tuple(name for name in names if name not in kept_out),
        held_out_groups=tuple(sorted(kept_out)),
    )
