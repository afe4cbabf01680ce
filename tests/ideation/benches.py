"""A small corpus, and benches over it, for the tests of whole runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from core.budget import Budget, BudgetLimits
from ideation.arm import Arm
from ideation.caching import CachingEmbedder
from ideation.composing import compose
from ideation.corpus.dates import Published
from ideation.corpus.paper import candidate
from ideation.corpus.store import Corpus
from ideation.costs import CostLedger
from ideation.families.registry import arms_of
from ideation.generating import Generator
from ideation.idea import Family
from ideation.library import CorpusLibrary
from ideation.muse import Muse
from ideation.muses.offline import OfflineMuse
from ideation.pipeline import Bench, run_pipeline
from ideation.plan import RunPlan
from ideation.ranking.heuristic_judge import HeuristicJudge
from ideation.report.record import RunRecord
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.things import THINGS, TOPIC

LEAKED = "Forbidden laterpaper technique"


@contextmanager
def open_corpus() -> Iterator[Corpus]:
    with Corpus.open(None, CachingEmbedder(LexicalEmbedder())) as opened:
        opened.add(
            candidate(
                title=f"{means.capitalize()} for {problem}",
                abstract=f"A challenge of {problem} is that they fail early. We propose {means} by combining"
                f" two steps. {measure.capitalize()} was measured over {number + 3} years. But it costs.",
                published=Published(year=2015 + number % 6),
                authors=("Ada Lind",),
            )
            for number, (problem, means, measure) in enumerate(THINGS)
        )
        opened.add(
            [
                candidate(
                    title=f"{LEAKED} for membranes in desalination plants",
                    abstract=f"Membranes for desalination are whole. We propose {LEAKED} by bonding.",
                    published=Published(year=2024),
                )
            ]
        )
        opened.embed()
        yield opened


def bench(
    corpus: Corpus,
    plan: RunPlan,
    *,
    muse: Muse | None = None,
    judge: Muse | None = None,
    ledger: CostLedger | None = None,
    arms: dict[Family, tuple[Arm, ...]] | None = None,
) -> Bench:
    ledger = ledger or CostLedger(Budget(BudgetLimits()))
    view = corpus.view(plan.cutoff)
    library = CorpusLibrary(view)
    assert corpus.embedder is not None
    muse = muse or OfflineMuse()
    generator = Generator(
        plan=plan,
        arms=arms or arms_of(plan.families),
        muse=muse,
        judge=judge or muse,
        library=library,
        embedder=corpus.embedder,
        ledger=ledger,
    )
    return Bench(
        plan=plan,
        generator=generator,
        muse=muse,
        judge=judge or muse,
        pair_judge=HeuristicJudge([paper.text for paper in view.papers()]),
        same=None,
        library=library,
        embedder=corpus.embedder,
        ledger=ledger,
    )


def made(ready: Bench) -> RunRecord:
    asyncio.run(run_pipeline(ready))
    return compose(ready)


PLAN = RunPlan(topic=TOPIC, count=15, seed=3, comparisons=90)
SMALL = replace(PLAN, count=5, comparisons=15)
