"""A run's record with little in it."""

from __future__ import annotations

from ideation.idea import Family
from ideation.report.record import ArmRecord, IdeaRecord, LineageNode, RunRecord


def idea_record(number: int, **changed: object) -> IdeaRecord:
    values: dict[str, object] = {
        "id": f"idea_{number:016x}",
        "title": f"Idea of number {number} on bonds",
        "problem": f"Membranes of kind {number} tear under load.",
        "mechanism": f"Bonds of kind {number} form again after each rupture.",
        "prediction": "Salt rejection stays above 98 % after ten cuts.",
        "evaluation": "Compare with an uncut membrane for 300 hours.",
        "dropped": "",
        "consequence": "",
        "family": "search",
        "lever": "beam",
        "rank": number,
        "rank_low": number,
        "rank_high": number,
        "tier": 1 + (number > 1),
        "strength": float(-number),
        "axes": {"novelty": float(-number)},
        "pareto": False,
        "wildcard": False,
        "novelty": "not_found",
        "novelty_by_facet": (),
        "feasibility": (),
        "flags": (),
        "boden": "none",
        "boden_because": "nothing speaks for any level",
        "default_distance": None,
        "papers": (),
        "parents": (),
        "person": {"model": "offline", "adapter": "", "temperature": None},
        "process": {
            "family": Family.SEARCH,
            "lever": "beam",
            "operators": ("generate",),
            "parents": (),
            "round": 0,
        },
        "press": {
            "papers": (),
            "without_papers": True,
            "persona": "",
            "constraints": (),
            "feedback": (),
        },
    }
    return IdeaRecord.model_validate({**values, **changed})


def run_record(
    *,
    ideas: tuple[IdeaRecord, ...] = (),
    lineage: tuple[LineageNode, ...] = (),
    empty: tuple[tuple[str, ...], ...] = (),
    topic: str = "keeping membranes whole",
) -> RunRecord:
    arm = ArmRecord(
        family="search",
        lever="beam",
        wanted=3,
        made=3,
        kept=2,
        rejected=0,
        calls=9,
        stopped="",
        measures={"coverage": 0.08, "qd_score": 1.5},
        empty=empty,
    )
    return RunRecord(
        topic=topic,
        seed=0,
        model="offline",
        judge="offline",
        cutoff="",
        papers=8,
        settings={},
        notes=(),
        ideas=ideas,
        duplicates={},
        arms=(arm,),
        judges=(),
        measures={},
        coverage={"search": {"combinational": 0}},
        lineage=lineage,
        stages=(),
        portfolio=(),
        prompts={},
    )
