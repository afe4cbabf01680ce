"""Whether a run came upon an idea that it could not see: inspirations, core, and how a judge ranks it.

The real idea is judged among the run's own, blind, in a slot that is drawn: a benchmark that always shows it
first measures the judge's liking for the first slot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.embedder import Embedder
from core.errors import ModelOutputError, ProviderError, UserError
from ideation.arm import Library
from ideation.corpus.identity import PaperId, normal_title
from ideation.evaluation.rediscovery import (
    Matched,
    facet_likeness,
    hit_at_k,
    insight_score,
    matched_score,
    random_hit_at_k,
    slot_for,
)
from ideation.idea import Idea, IdeaText
from ideation.muse import Muse, ReviewRequest, Source
from ideation.ranking.blinding import Entry, blind
from ideation.ranking.judge import PairJudge
from ideation.ranking.match_log import Axis, MatchLog
from ideation.ranking.standings import rank
from ideation.ranking.tournament import Tournament, TournamentConfig
from ideation.wordings import criterion

KS = (5, 10, 20)
FACETS = ("problem", "mechanism", "prediction", "evaluation")
REAL = "the real idea"
MATCH = criterion("rediscovery: match")


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """What was hidden from the run; `inspirations` are titles of papers that led to it."""

    text: IdeaText
    inspirations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rediscovery:
    """`hits` at k of the inspirations: by searching for the topic, among papers that the ideas used, and by
    chance; `unknown` are inspirations that the library does not hold.

    `likeness` is the mean cosine by facet of the nearest idea, `matched` the judge's grades from 1 to 5 of
    the same core, `insight` the share of the ideas that the judge prefers to the real one (0.5 is chance).
    """

    hits: Mapping[str, Mapping[int, float]]
    unknown: tuple[str, ...]
    likeness: float | None
    nearest: str
    by_facet: Mapping[str, float]
    matched: Matched
    insight: float | None
    slot: int


async def rediscover(
    real: Real,
    ideas: Sequence[Idea],
    *,
    topic: str,
    library: Library,
    embedder: Embedder,
    judge: Muse,
    pair_judge: PairJudge,
    axis: Axis = Axis.NOVELTY,
    calls: int | None = None,
    seed: int = 0,
) -> Rediscovery:
    """`calls` bounds the comparisons (None: five for each idea).

    Raises:
        UserError: no idea.
        ProviderError: the embedder failed.
        LimitReached: the budget is spent.
    """
    if not ideas:
        raise UserError("the run has no idea to compare with the real one")
    hits, unknown = _hits(real, ideas, topic, library)
    vectors = [_facets(text, embedder) for text in (real.text, *(idea.text for idea in ideas))]
    alike = [facet_likeness(vectors[0], own) for own in vectors[1:]]
    best = max(range(len(ideas)), key=lambda at: (alike[at].mean or 0.0, -at))
    slot = slot_for(real.text.whole, len(ideas) + 1, seed=seed)
    return Rediscovery(
        hits=hits,
        unknown=unknown,
        likeness=alike[best].mean,
        nearest=ideas[best].id,
        by_facet=alike[best].by_facet,
        matched=matched_score([await _match(real, idea, topic, judge, seed) for idea in ideas]),
        insight=await _insight(real, ideas, slot, pair_judge, axis, calls, seed),
        slot=slot,
    )


def _hits(
    real: Real, ideas: Sequence[Idea], topic: str, library: Library
) -> tuple[dict[str, dict[int, float]], tuple[str, ...]]:
    papers = library.papers()
    titles = {normal_title(source.title): key for key in papers if (source := library.get(key))}
    wanted = {title: titles.get(normal_title(title)) for title in real.inspirations}
    relevant = frozenset(key for key in wanted.values() if key is not None)
    unknown = tuple(title for title, key in wanted.items() if key is None)
    if not relevant:
        return {}, unknown
    found = library.search(topic, max(KS))
    searched = {source.paper: float(-place) for place, source in enumerate(found)}
    used: Counter[PaperId] = Counter(paper for idea in ideas for paper in set(idea.origin.papers))
    counted = {paper: float(count) for paper, count in used.items()}
    return {
        "searching for the topic": {k: hit_at_k(searched, relevant, k) or 0.0 for k in KS},
        "papers that the ideas used": {k: hit_at_k(counted, relevant, k) or 0.0 for k in KS},
        "by chance": {k: random_hit_at_k(len(papers), k) for k in KS},
    }, unknown


def _facets(text: IdeaText, embedder: Embedder) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    parts = {name: getattr(text, name) for name in FACETS if getattr(text, name).strip()}
    rows = np.asarray(embedder.embed(list(parts.values())), dtype=np.float64)
    return dict(zip(parts, rows, strict=True))


async def _match(real: Real, idea: Idea, topic: str, judge: Muse, seed: int) -> float | None:
    """None where the judge could not tell: it is left out of the mean, and counted."""
    shown = Source(
        paper=PaperId("real"), title=real.text.title, abstract=f"{real.text.problem} {real.text.mechanism}"
    )
    request = ReviewRequest(topic=topic, idea=idea.text, criterion=MATCH, sources=(shown,), seed=seed)
    try:
        grade = await judge.grade(request)
    except (ModelOutputError, ProviderError):
        return None
    return None if grade.score is None else float(grade.score)


async def _insight(
    real: Real,
    ideas: Sequence[Idea],
    slot: int,
    judge: PairJudge,
    axis: Axis,
    calls: int | None,
    seed: int,
) -> float | None:
    names = [idea.id for idea in ideas]
    order = [*names[:slot], REAL, *names[slot:]]
    texts: dict[str, IdeaText] = {idea.id: idea.text for idea in ideas}
    texts[REAL] = real.text
    log = MatchLog()
    config = TournamentConfig(calls=5 * len(order) if calls is None else calls, axes=(axis,), seed=seed)
    shown = blind([Entry(id=name, sections=dict(texts[name])) for name in order])
    await Tournament(shown, judge, config, log).run()
    if not log.on(axis):
        return None
    strength = {each.idea: each.strength for each in rank(order, log, {axis: 1.0}, seed).axes[0].standings}
    return insight_score([strength[name] for name in order], slot)
