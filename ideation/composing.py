"""From a bench to its record: everything that the report shows, in values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.errors import ProviderError
from ideation.arm import Library
from ideation.assessing import Assessment
from ideation.corpus.identity import PaperId
from ideation.evaluation.corpus_novelty import Direction
from ideation.evaluation.spread import cosine_similarity
from ideation.frameworks.boden import LEVELS
from ideation.frameworks.coverage import coverage
from ideation.frameworks.four_ps import FourPs, records
from ideation.frameworks.variance import explained_variance
from ideation.idea import Idea, IdeaId
from ideation.measuring import ALIKE, measures
from ideation.novelty.feasibility import Lane
from ideation.novelty.ledger import Finding
from ideation.pipeline import Bench
from ideation.positioning import Positions, positions
from ideation.prompts import FacetsPrompt, GradePrompt, ListPrompt, ProposePrompt, RevisePrompt, SamePrompt
from ideation.ranking.standings import AxisTable, Standing
from ideation.report.record import (
    Act,
    ArmRecord,
    ExplainedRecord,
    FacetNovelty,
    Feasibility,
    IdeaRecord,
    JudgeRecord,
    PaperLine,
    RunRecord,
    ShareRecord,
    StageRecord,
)
from ideation.tracing import lineage_of
from ideation.wordings import digests

PORTFOLIO = 5
PERMUTATIONS = 500
_PROMPTS = (FacetsPrompt, GradePrompt, ListPrompt, ProposePrompt, RevisePrompt, SamePrompt)
OFFLINE_NOTE = (
    "No model wrote these ideas: they recombine phrases of the papers by rules. They show the pipeline, not"
    " insight."
)
COUNTED_NOTE = "No model compared them: a count of marks in their texts ranks them, which reads no meaning."
SELF_JUDGED_NOTE = "One model wrote the ideas and judged them: it may prefer its own."


def compose(bench: Bench) -> RunRecord:
    """The record of a finished run."""
    plan = bench.plan
    overall = {standing.idea: standing for standing in bench.ranking.overall} if bench.ranking else {}
    order = sorted(bench.ideas, key=lambda idea: overall[idea.id].rank if idea.id in overall else 0)
    similarity = _similarity(bench, order)
    whole = _four_ps(bench, order)
    places = _places(bench, order)
    ideas = tuple(_idea(bench, idea, overall.get(idea.id), whole.get(idea.id), places) for idea in order)
    return RunRecord(
        topic=plan.topic,
        seed=plan.seed,
        model=bench.muse.name,
        judge=bench.pair_judge.name,
        cutoff=plan.cutoff.day.isoformat() if plan.cutoff.day else "",
        papers=len(bench.library.papers()),
        settings=_settings(bench, places),
        notes=_notes(bench),
        ideas=ideas,
        duplicates={str(one): str(other) for one, other in bench.duplicates.items()},
        arms=_arms(bench),
        judges=tuple(_judge(bench, table) for table in (bench.ranking.axes if bench.ranking else ())),
        measures=measures(
            {idea.id: idea.text.whole for idea in order},
            similarity,
            [idea.strength for idea in ideas],
            made=len(bench.made),
        ),
        readings={name: direction.value for name, direction in Direction.__members__.items()},
        explained=_explained(bench, order, {IdeaId(idea.id): idea.strength for idea in ideas}),
        coverage=_coverage(bench, order),
        lineage=lineage_of(bench.played, bench.ideas, bench.duplicates, bench.people.given_up),
        stages=_stages(bench),
        portfolio=_portfolio(ideas, similarity),
        acts=_acts(bench),
        prompts={**{prompt.template: prompt.digest() for prompt in _PROMPTS}, **digests()},
    )


def _coverage(bench: Bench, ideas: list[Idea]) -> dict[str, dict[str, int]]:
    covered = coverage(ideas, {key: each.tag for key, each in bench.assessments.items()})
    return {
        family.value: {
            **{level.value: covered.cells[family, level] for level in LEVELS},
            "without evidence": covered.untagged[family],
        }
        for family in bench.plan.families
    }


def _stages(bench: Bench) -> tuple[StageRecord, ...]:
    return tuple(
        StageRecord(
            stage=name,
            calls=costs.calls,
            tokens=costs.usage.known_total,
            usd=None if costs.unpriced_calls else round(costs.usd, 6),
            failures=dict(sorted(costs.failures.items())),
        )
        for name, costs in bench.ledger
    )


def _acts(bench: Bench) -> tuple[Act, ...]:
    return tuple(
        Act(
            number=each.number,
            stage=each.stage,
            by=each.by,
            act=each.act.value,
            before=each.before,
            after=each.after,
            note=each.note,
            diff=each.diff,
        )
        for each in bench.people.acts
    )


def _similarity(bench: Bench, ideas: list[Idea]) -> NDArray[np.float64]:
    if not ideas:
        return np.zeros((0, 0))
    vectors = bench.embedder.embed([idea.text.whole for idea in ideas])
    return cosine_similarity(vectors.astype(np.float64))


def _four_ps(bench: Bench, ideas: list[Idea]) -> dict[IdeaId, FourPs]:
    """The record of each idea by the four Ps; one whose origin is not whole has none, and is counted."""
    found = records(ideas, {}, {key: each.tag.level for key, each in bench.assessments.items()})
    for fault in found.faults:
        bench.ledger.failed("four Ps", fault)
    return {IdeaId(each.product.id): each for each in found.records}


def _places(bench: Bench, ideas: list[Idea]) -> Positions:
    try:
        return positions(ideas, bench.library, bench.embedder, bench.cited)
    except ProviderError as error:
        bench.ledger.failed("positions", f"{type(error).__name__}: {error}")
        return Positions(values={}, split=None)


def _explained(
    bench: Bench, ideas: list[Idea], strengths: Mapping[IdeaId, float]
) -> tuple[ExplainedRecord, ...]:
    """What person, process and press explain of the ranks' strengths; nothing where nothing was ranked."""
    if bench.ranking is None:
        return ()
    found = explained_variance(ideas, strengths, seed=bench.plan.seed, permutations=PERMUTATIONS)
    return tuple(
        ExplainedRecord(
            factor=each.factor,
            levels=each.levels,
            eta_squared=_short(each.eta_squared),
            epsilon_squared=_short(each.epsilon_squared),
            unique=_short(each.unique),
            p=_short(each.p),
        )
        for each in found.factors
    )


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _idea(
    bench: Bench, idea: Idea, standing: Standing | None, whole: FourPs | None, places: Positions
) -> IdeaRecord:
    found = bench.assessments[idea.id]
    ranking = bench.ranking
    axes = {
        table.axis.value: round(each.strength, 6)
        for table in (ranking.axes if ranking else ())
        for each in table.standings
        if each.idea == idea.id
    }
    level = found.tag.level
    evidence = "; ".join(each.what for each in found.tag.evidence if each.level is level)
    missing = "; ".join(f"{name.value}: {why}" for name, why in found.tag.missing.items())
    distance = found.commonness.distance
    origin = idea.origin
    return IdeaRecord(
        id=idea.id,
        **{name: getattr(idea.text, name) for name in idea.text.__dataclass_fields__},
        family=origin.family.value,
        lever=origin.lever,
        rank=standing.rank if standing else 1,
        rank_low=standing.rank_low if standing else 1,
        rank_high=standing.rank_high if standing else 1,
        tier=standing.tier if standing else 1,
        strength=round(standing.strength, 6) if standing else 0.0,
        axes=axes,
        pareto=bool(ranking and idea.id in ranking.pareto),
        wildcard=found.lane is Lane.WILDCARD,
        novelty=found.novelty.verdict.value,
        novelty_by_facet=tuple(_facet(bench.library, finding) for finding in found.novelty.findings),
        feasibility=tuple(
            Feasibility(
                question=item.need.value, verdict=item.answer.value, reason=item.reason, needed=item.needed
            )
            for item in found.feasibility.items
        ),
        flags=_flags(found),
        boden=level.value,
        boden_because=evidence or missing or "nothing speaks for any level",
        default_distance=_short(distance),
        papers=tuple(_paper(bench.library, paper) for paper in origin.papers),
        parents=tuple(idea.parents),
        person=whole.person if whole else None,
        process=whole.process if whole else None,
        press=whole.press if whole else None,
        searched=tuple(
            f"{search.kind.value}: {search.asked}"
            + (f" (failed: {search.failure})" if search.failure else "")
            for search in found.novelty.searches
        ),
        probability=origin.probability,
        notes=idea.notes,
        among_papers={name: _short(value) for name, value in places.values.get(idea.id, {}).items()},
    )


def _flags(found: Assessment) -> tuple[str, ...]:
    flags = [f"{flag.claim.value} not resolved: {flag.text}" for flag in found.unresolved]
    if found.copied.flagged:
        worst = found.copied.found[0] if found.copied.found else None
        flags.append(f"copied from [{worst.source}]: {worst.span_words} words on end" if worst else "copied")
    if found.commonness.is_what_everyone_gets:
        flags.append("what everyone gets")
    if found.lane is Lane.DOUBTFUL:
        flags.append("feasibility doubtful")
    return tuple(dict.fromkeys(flags))


def _facet(library: Library, finding: Finding) -> FacetNovelty:
    return FacetNovelty(
        facet=finding.aspect.value,
        verdict=finding.verdict.value,
        because=finding.reason,
        nearest=tuple(
            PaperLine(
                id=near.paper, title=near.title, year=library.year(near.paper), similarity=near.similarity
            )
            for near in finding.papers[:3]
        ),
    )


def _paper(library: Library, paper: PaperId) -> PaperLine:
    source = library.get(paper)
    return PaperLine(
        id=paper, title=source.title if source else "(not in the library)", year=library.year(paper)
    )


def _arms(bench: Bench) -> tuple[ArmRecord, ...]:
    kept = {idea.id for idea in bench.ideas}
    return tuple(
        ArmRecord(
            family=each.arm.family.value,
            lever=each.arm.lever,
            wanted=each.wanted,
            made=len(each.produced.ideas),
            kept=sum(idea.id in kept for idea in each.produced.ideas),
            rejected=len(each.produced.rejected),
            calls=each.calls,
            stopped=each.produced.stopped,
            measures={name: round(value, 6) for name, value in sorted(each.produced.measures.items())},
            empty=each.produced.empty,
        )
        for each in bench.played
    )


def _judge(bench: Bench, table: AxisTable) -> JudgeRecord:
    ending = next((each for each in bench.endings if each.axis is table.axis), None)
    calls = bench.matches.on(table.axis)
    return JudgeRecord(
        axis=table.axis.value,
        judge=bench.pair_judge.name,
        calls=len(calls),
        first_slot=round(table.first_slot.estimate, 6),
        first_slot_low=round(table.first_slot.low, 6),
        first_slot_high=round(table.first_slot.high, 6),
        abstained=round(sum(each.verdict.value == "abstain" for each in calls) / max(1, len(calls)), 6),
        top_certainty=round(table.top_certainty, 6),
        shares={
            name: ShareRecord(
                count=share.count, of=share.of, low=round(share.low, 6), high=round(share.high, 6)
            )
            for name, share in (
                ("swapped pairings won by the first slot", table.hygiene.swapped_first_slot),
                ("same verdict both ways round", table.hygiene.consistent),
                ("triples that go in a circle", table.hygiene.cycles),
                ("pairings without a verdict", table.hygiene.unresolved),
            )
        },
        stopped=ending.stop.value if ending else "",
    )


def _portfolio(ideas: tuple[IdeaRecord, ...], similarity: NDArray[np.float64]) -> tuple[str, ...]:
    """The best that are unlike those before them, and the best wildcard in the last place."""
    wild = next((idea.id for idea in ideas if idea.wildcard), None)
    chosen: list[int] = []
    for place, idea in enumerate(ideas):
        if len(chosen) == PORTFOLIO - (wild is not None):
            break
        if idea.id != wild and all(similarity[place, other] < ALIKE for other in chosen):
            chosen.append(place)
    return (*(ideas[place].id for place in chosen), *([wild] if wild else []))


def _settings(bench: Bench, places: Positions) -> dict[str, str]:
    plan = bench.plan
    return {
        "ideas wanted": str(plan.count),
        "families": ", ".join(plan.families),
        "calls an idea": str(plan.calls_per_idea),
        "comparisons": str(plan.budget_of_comparisons),
        "weights": ", ".join(f"{axis.value} {weight:g}" for axis, weight in plan.weights.items()),
        "embedder": bench.embedder.id,
        **({"adapter": bench.adapter} if bench.adapter else {}),
        "judge of novelty and feasibility": bench.judge.name,
        **({"papers count as present work": f"from {places.split}"} if places.split else {}),
    }


def _notes(bench: Bench) -> tuple[str, ...]:
    notes: list[str] = []
    if bench.muse.name == "offline":
        notes.append(OFFLINE_NOTE)
    if bench.pair_judge.name.startswith("offline"):
        notes.append(COUNTED_NOTE)
    elif bench.muse.name == bench.pair_judge.name:
        notes.append(SELF_JUDGED_NOTE)
    if len(bench.ideas) < bench.plan.count:
        why = " the arms found no more that differ within their rounds and calls."
        if bench.stopped:
            why = " the run was stopped."
        elif bench.people.vetoed:
            why = f" {len(bench.people.vetoed)} were vetoed, or the arms found no more that differ."
        notes.append(f"{len(bench.ideas)} of {bench.plan.count} ideas:{why}")
    if bench.people.gate.steers and bench.muse.name == "offline":
        notes.append("The offline recombiner does not read what a person steers.")
    if bench.stopped:
        notes.append(f"Stopped early: {bench.stopped}.")
    return tuple(notes)
