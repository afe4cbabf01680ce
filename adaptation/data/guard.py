"""The leakage guard: what is measured on, or listed as a test set, is not trained on. No torch."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from adaptation.data.encoding import AnyExample
from adaptation.data.splitting import GROUP_KEYS, answers_of, group_of, question_of
from core.errors import UserError

GRAM = 8
"""Words in a sequence that is compared."""
COMMON_GROUPS = 3
"""A sequence that stands in so many groups of the training data is common form, not a leak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """`number` counts the kept-out examples from 1."""

    number: int
    reason: str


def check_leaks(
    train: Sequence[AnyExample],
    kept_out: Sequence[AnyExample],
    *,
    overlap: float,
    name: str,
    keys: Sequence[str] = GROUP_KEYS,
) -> None:
    """Raises:
    UserError: a kept-out example's group, text or most of its words stand in the training data.
    """
    found = list(leaks(train, kept_out, overlap=overlap, keys=keys))
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise UserError(
            f"the training data leak into {name}: its example {found[0].number} {found[0].reason}{more};"
            " take these out of the training data"
        )


def leaks(
    train: Sequence[AnyExample],
    kept_out: Sequence[AnyExample],
    *,
    overlap: float,
    keys: Sequence[str] = GROUP_KEYS,
) -> Iterator[Leak]:
    """Each kept-out example that training would give away, with the first reason for it."""
    groups = {group_of(each, keys) for each in train}
    whole = {(question_of(each), answer) for each in train for answer in map(_plain, answers_of(each))}
    seen = _by_groups(train, keys)
    for number, example in enumerate(kept_out, 1):
        if (group := group_of(example, keys)) in groups:
            yield Leak(number=number, reason=f"is of a group that is trained on: {group}")
        elif any((question_of(example), _plain(answer)) in whole for answer in answers_of(example)):
            yield Leak(number=number, reason="has a question and answer that are trained on")
        elif (share := _shared(example, seen)) >= overlap:
            yield Leak(number=number, reason=f"shares {share:.0%} of its sequences of {GRAM} words with them")


def _by_groups(train: Sequence[AnyExample], keys: Sequence[str]) -> dict[int, set[str]]:
    """In which groups each sequence stands."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for example in train:
        group = group_of(example, keys)
        for gram in _grams(example):
            if len(found[gram]) < COMMON_GROUPS:
                found[gram].add(group)
    return found


def _shared(example: AnyExample, seen: dict[int, set[str]]) -> float:
    """Share of its sequences that stand in the training data; common form does not count on either side."""
    grams = set(_grams(example))
    telling = [gram for gram in grams if len(seen.get(gram, ())) < COMMON_GROUPS]
    return sum(gram in seen for gram in telling) / len(telling) if telling else 0.0


def _grams(example: AnyExample) -> Iterator[int]:
    """Of each text by itself."""
    for text in _texts(example):
        words = re.findall(r"\w+", text.casefold())
        for start in range(max(1, len(words) - GRAM + 1)):
            yield hash(tuple(words[start : start + GRAM]))


def _texts(example: AnyExample) -> Iterable[str]:
    """The question and what is learned. Observations in between are the world's: all tasks in it see them."""
    return (question_of(example), *answers_of(example))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
