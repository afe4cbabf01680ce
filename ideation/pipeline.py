"""The idea pipeline, top to bottom: generate, group, check, compare; after each a person may look in.

Its state holds counts only; what the stages make stands on the bench, and calls to models stand in a log from
which a killed run goes on (`call_log.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from core.embedder import Embedder
from core.errors import LimitReached, ProviderError
from ideation.arm import Library
from ideation.assessing import Assessment, Assessor, with_lanes
from ideation.corpus.identity import PaperId
from ideation.costs import CostLedger
from ideation.gating import GateDesk, Stage
from ideation.generating import Generator, Played
from ideation.idea import Idea, IdeaId, IdeaText
from ideation.likeness.duplicates import Judge, find_duplicates
from ideation.muse import Muse
from ideation.plan import RunPlan
from ideation.ranking.blinding import Entry, blind
from ideation.ranking.judge import PairJudge
from ideation.ranking.match_log import MatchLog
from ideation.ranking.standings import Ranking, rank
from ideation.ranking.tournament import Ending, Tournament, TournamentConfig

TOP = 10


@dataclass(slots=True, kw_only=True)
class Bench:
    """What the stages work with, and what they have made so far."""

    plan: RunPlan
    generator: Generator
    muse: Muse
    judge: Muse
    pair_judge: PairJudge
    same: Judge | None
    library: Library
    embedder: Embedder
    ledger: CostLedger
    matches: MatchLog = field(default_factory=MatchLog)
    open_matches: Callable[[], MatchLog] = MatchLog
    """A new log, for ideas that are compared afresh."""
    cited: Callable[[PaperId], int | None] = lambda paper: None
    """How often a paper is cited, as far as is known."""
    adapter: str = ""
    """Name and digest of the adapter that writes, if one does."""
    people: GateDesk = field(default_factory=GateDesk)

    played: list[Played] = field(default_factory=list)
    ideas: list[Idea] = field(default_factory=list)
    """Those kept, in the order made."""
    seen: set[IdeaId] = field(default_factory=set)
    """Those kept in any round: a person may have vetoed them since."""
    duplicates: dict[IdeaId, IdeaId] = field(default_factory=dict)
    assessments: dict[IdeaId, Assessment] = field(default_factory=dict)
    ranking: Ranking | None = None
    endings: tuple[Ending, ...] = ()
    stopped: str = ""

    @property
    def made(self) -> list[Idea]:
        return [idea for each in self.played for idea in each.produced.ideas]

    @property
    def standing(self) -> list[Idea]:
        """All that were made, as a person left them, but for those vetoed."""
        left = (self.people.now(idea) for idea in self.made)
        return [idea for idea in left if idea is not None]


class PipelineState(TypedDict):
    """`kept` ideas after `round` rounds of which `fresh` were new in the last."""

    round: int
    kept: int
    fresh: int


async def generate(state: PipelineState, runtime: Runtime[Bench]) -> PipelineState:
    """Every family writes its share of what is still wanted."""
    bench = runtime.context
    wanted = bench.plan.count - state["kept"] + state["round"]  # duplicates leave fewer than were asked for
    bench.played += await bench.generator.play(wanted, bench.ideas)
    return {**state, "round": state["round"] + 1}


async def group(state: PipelineState, runtime: Runtime[Bench]) -> PipelineState:
    """Ideas that say the same become one; the first stays."""
    bench = runtime.context
    standing = bench.standing
    texts = {idea.id: idea.text.whole for idea in standing}
    try:
        found = await find_duplicates(
            texts,
            embedder=bench.embedder,
            context=bench.plan.topic,
            judge=bench.same,
            most_judged=bench.plan.count,
        )
    except (LimitReached, ProviderError) as error:
        bench.stopped = bench.stopped or f"grouping: {error}"
        found = await find_duplicates(texts, embedder=None, context=bench.plan.topic)
    kept = set(found.kept)
    bench.duplicates = dict(found.dropped)
    kept_ideas = [idea for idea in standing if idea.id in kept][: bench.plan.count]
    bench.ideas = await bench.people.show(Stage.WRITTEN, kept_ideas)
    new = {idea.id for idea in kept_ideas} - bench.seen
    bench.seen |= new | {idea.id for idea in bench.ideas}
    return {**state, "fresh": len(new), "kept": len(bench.ideas)}


def enough(state: PipelineState, runtime: Runtime[Bench]) -> str:
    """Another round only while ideas are wanted, some still come, and the budget lasts."""
    try:
        runtime.context.ledger.check()
    except LimitReached as limit:
        runtime.context.stopped = str(limit)
        return "check"
    plan = runtime.context.plan
    more = state["kept"] < plan.count and state["fresh"] > 0 and state["round"] < plan.rounds
    return "generate" if more else "check"


async def check(state: PipelineState, runtime: Runtime[Bench]) -> PipelineState:
    """Novelty by facet, feasibility, what does not resolve, and what was copied: told, never thrown away."""
    bench = runtime.context
    found = await _assessor(bench).assess(bench.ideas)
    bench.ideas = [each.idea for each in found]
    bench.assessments = {each.idea.id: each for each in found}
    bench.ideas = await bench.people.show(Stage.CHECKED, bench.ideas)
    await _check_edits(bench)
    return state


async def _check_edits(bench: Bench) -> None:
    """What a person wrote is checked as any idea is, but not repaired: these are the person's words."""
    new = [idea for idea in bench.ideas if idea.id not in bench.assessments]
    found = {each.idea.id: each for each in await _assessor(bench).assess(new, repair=False)} if new else {}
    every = {**bench.assessments, **found}
    bench.assessments = with_lanes([every[idea.id] for idea in bench.ideas])


def _assessor(bench: Bench) -> Assessor:
    return Assessor(
        plan=bench.plan,
        muse=bench.muse,
        judge=bench.judge,
        library=bench.library,
        embedder=bench.embedder,
        ledger=bench.ledger,
    )


async def compare(state: PipelineState, runtime: Runtime[Bench]) -> PipelineState:
    """A tournament on each axis, blind, until the top is certain or the comparisons are spent."""
    bench = runtime.context
    await _rank(bench)
    place = {each.idea: each.rank for each in bench.ranking.overall} if bench.ranking else {}
    before = sorted(bench.ideas, key=lambda idea: place.get(idea.id, 1))
    left = await bench.people.show(Stage.RANKED, before)
    if left != before:
        known = {idea.id for idea in left if idea.id in bench.assessments}
        old, bench.ideas, bench.matches = bench.matches, left, bench.open_matches()
        await _check_edits(bench)
        if len(known) == len(left):  # vetoes alone: what was said of the others still holds
            for match in old:
                if {match.first, match.second} <= known:
                    bench.matches.append(match)
            _fit(bench)
        else:
            await _rank(bench)
    return state


async def _rank(bench: Bench) -> None:
    if len(bench.ideas) < 2:
        return
    plan = bench.plan
    texts = blind([Entry(id=idea.id, sections=_sections(idea.text)) for idea in bench.ideas])
    config = TournamentConfig(
        calls=plan.budget_of_comparisons,
        axes=tuple(plan.weights),
        top=min(TOP, len(bench.ideas) - 1),
        concurrency=plan.parallel,
        seed=plan.seed,
    )
    bench.endings = await Tournament(texts, bench.pair_judge, config, bench.matches).run()
    _fit(bench)


def _fit(bench: Bench) -> None:
    ids = [idea.id for idea in bench.ideas]
    few = len(ids) < 2
    bench.ranking = None if few else rank(ids, bench.matches, bench.plan.weights, bench.plan.seed)


def _sections(text: IdeaText) -> dict[str, str]:
    """An idea's parts under the names that blinding shows."""
    return {
        "title": text.title,
        "problem": text.problem,
        "mechanism": text.mechanism,
        "evaluation": f"{text.prediction} {text.evaluation}",
        "assumptions": f"{text.dropped} {text.consequence}",
    }


def build_pipeline() -> StateGraph[PipelineState, Bench, PipelineState, PipelineState]:
    """The stages in their order."""
    graph = StateGraph(PipelineState, context_schema=Bench)
    graph.add_node("generate", generate)
    graph.add_node("group", group)
    graph.add_node("check", check)
    graph.add_node("compare", compare)
    graph.add_edge(START, "generate")
    graph.add_edge("generate", "group")
    graph.add_conditional_edges("group", enough, ["generate", "check"])
    graph.add_edge("check", "compare")
    graph.add_edge("compare", END)
    return graph


async def run_pipeline(bench: Bench) -> None:
    """All stages; what they made stands on the bench."""
    start: PipelineState = {"round": 0, "kept": 0, "fresh": 0}
    await build_pipeline().compile(name="ideas").ainvoke(start, context=bench)
    bench.stopped = bench.stopped or bench.ledger.refused  # what was refused is unknown or unranked
