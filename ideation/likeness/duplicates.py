"""Which texts of a set say the same: candidates by embedding, the fused likeness, and a judge where in doubt.

A cosine is a filter for candidates and no verdict. Where the judge abstains, is not given or has used up
its calls, two texts stay apart: a duplicate kept costs attention, an idea merged away is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Generic

import numpy as np

from core.embedder import Embedder
from ideation.likeness.grouping import Id, Linkage, groups_of
from ideation.likeness.model import NO_EMBEDDER, LikenessModel, model_for
from ideation.likeness.reading import tokens_of
from ideation.likeness.signals import Pair, Pool
from memory.embedding.lexical import LexicalEmbedder

NEIGHBOURS = 20
"""Nearest texts of each that are looked at; sets of up to three times as many are compared in full."""
_BLOCK = 512


class Same(StrEnum):
    """What somebody says about two texts."""

    SAME = "same"
    DIFFERENT = "different"
    ABSTAIN = "abstain"
    """The answer could not be read, or there was none: never a duplicate."""


class By(StrEnum):
    """Who said so."""

    LIKENESS = "likeness"
    JUDGE = "judge"
    NOBODY = "nobody"
    """In doubt, and no judge or no call left."""


Judge = Callable[[str, str], Awaitable[Same]]
"""Asked for two texts; turns its own failures into an abstention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Generic[Id]):
    """What became of a candidate pair; `likeness` is a chance in [0, 1]."""

    one: Id
    other: Id
    likeness: float
    verdict: Same
    by: By


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates(Generic[Id]):
    """`groups` hold every id once; the first of each is kept. `backend` names the likeness that was used."""

    groups: tuple[tuple[Id, ...], ...]
    findings: tuple[Finding[Id], ...]
    backend: str

    @property
    def kept(self) -> tuple[Id, ...]:
        return tuple(group[0] for group in self.groups)

    @property
    def dropped(self) -> Mapping[Id, Id]:
        """Each id that is left out, with the one that it repeats."""
        return {member: group[0] for group in self.groups for member in group[1:]}

    @property
    def abstained(self) -> int:
        return sum(each.verdict is Same.ABSTAIN and each.by is By.JUDGE for each in self.findings)

    @property
    def unjudged(self) -> int:
        return sum(each.by is By.NOBODY for each in self.findings)


async def find_duplicates(
    texts: Mapping[Id, str],
    *,
    embedder: Embedder | None,
    context: str = "",
    judge: Judge | None = None,
    most_judged: int = 200,
    linkage: Linkage = Linkage.COMPLETE,
    model: LikenessModel | None = None,
) -> Duplicates[Id]:
    """Group texts that say the same; of each group the first in the order given is kept.

    `context` is what all are about. The judge is asked `most_judged` times at most, the likeliest first.

    Raises:
        ProviderError: the embedder failed.
    """
    model = model or model_for(embedder, context=bool(context.strip()))
    twins: defaultdict[str, list[Id]] = defaultdict(list)
    for name, text in texts.items():
        twins[" ".join(tokens_of(text)) or text.strip()].append(name)
    firsts = [names[0] for names in twins.values()]
    pool = Pool([texts[name] for name in firsts], embedder=embedder, context=context)
    pairs = candidates(pool, embedded=model.backend != NO_EMBEDDER)
    chances = model.likeness(pool, pairs) if pairs else np.zeros(0)
    findings: list[Finding[Id]] = []
    calls = 0
    for at in np.argsort(-chances, kind="stable").tolist():
        likeness = float(chances[at])
        if likeness < model.maybe:
            break
        one, other = (firsts[place] for place in pairs[at])
        verdict, by = Same.ABSTAIN, By.NOBODY
        if likeness >= model.sure:
            verdict, by = Same.SAME, By.LIKENESS
        elif judge is not None and calls < most_judged:
            calls += 1
            verdict, by = await judge(texts[one], texts[other]), By.JUDGE
        findings.append(Finding(one=one, other=other, likeness=likeness, verdict=verdict, by=by))
    same = {(each.one, each.other): each.likeness for each in findings if each.verdict is Same.SAME}
    order = {name: at for at, name in enumerate(texts)}
    members = {names[0]: names for names in twins.values()}
    groups = [
        tuple(sorted((name for first in group for name in members[first]), key=order.__getitem__))
        for group in groups_of(firsts, same, linkage)
    ]
    return Duplicates(groups=tuple(groups), findings=tuple(findings), backend=model.backend)


def candidates(pool: Pool, *, embedded: bool, neighbours: int = NEIGHBOURS) -> Sequence[Pair]:
    """Pairs worth comparing, the lesser position first, in order; all of them in a small pool.

    Without `embedded` vectors, hashed words choose.
    """
    count = len(pool)
    if count <= 3 * neighbours:
        return list(combinations(range(count), 2))
    vectors = pool.vectors() if embedded else LexicalEmbedder().embed(pool.texts).astype(np.float64)
    found: set[Pair] = set()
    for start in range(0, count, _BLOCK):
        cosines = np.round(vectors[start : start + _BLOCK] @ vectors.T, 6)
        for row, values in enumerate(cosines):
            at = start + row
            values[at] = -np.inf
            nearest = np.argsort(-values, kind="stable")[:neighbours].tolist()
            found.update((min(at, other), max(at, other)) for other in nearest)
    return sorted(found)
