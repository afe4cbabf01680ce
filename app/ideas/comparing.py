"""`atlas ideas ablate` and `atlas ideas novelty`: what a family is worth, and how new an idea is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.ideas.running import Corpus, Judge, Model
from app.options import Json, Seed
from core.errors import UserError

if TYPE_CHECKING:
    from ideation.ablating import Ablation, Trial
    from ideation.idea import IdeaText
    from ideation.novelty.ledger import NoveltyReport

CALLS_FILE = "ablate-calls.jsonl"


def ablate(
    topics: Annotated[list[str], typer.Argument(help="Topics: five or more, or the intervals say nothing.")],
    corpus: Corpus = None,
    model: Model = "offline",
    judge: Judge = "",
    families: Annotated[str, typer.Option(help="all, or some.")] = "all",
    calls: Annotated[int, typer.Option(help="Calls for generation, the same for every variant.")] = 60,
    budget_usd: Annotated[float | None, typer.Option(help="Stop at so much money.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Compare the families at equal cost: each alone and all together, on the same topics."""
    from app.output import print_json, print_text

    if calls < 1:
        raise UserError("a comparison needs calls: give --calls 60")
    found = asyncio.run(
        _ablate(topics, list(corpus or []), model, judge or model, families, calls, budget_usd, seed)
    )
    if as_json:
        print_json(
            {
                "trials": [asdict(trial) for trial in found.trials],
                "differences": [asdict(difference) for difference in found.differences],
            }
        )
        return
    print_text(_table(found))


async def _ablate(
    topics: list[str],
    files: list[Path],
    model: str,
    judge: str,
    families: str,
    calls: int,
    budget_usd: float | None,
    seed: int,
) -> Ablation:
    from app.ideas.workshop import ideas_folder, open_papers, open_voices, parse_writer, the_embedder
    from app.output import say
    from core.budget import Budget, BudgetLimits
    from core.settings import load_settings
    from ideation.ablating import ablate
    from ideation.arm import CallBudget
    from ideation.costs import CostLedger
    from ideation.families.registry import arms_of
    from ideation.generating import Generator
    from ideation.library import CorpusLibrary
    from ideation.plan import RunPlan, parse_families

    def tell(trial: Trial) -> None:
        say(f"{trial.topic}: {trial.variant}, {trial.kept} ideas, {trial.calls} calls")

    topics = list(dict.fromkeys(topics))
    settings = load_settings()
    writer, grader = parse_writer(model), parse_writer(judge)
    plan = RunPlan(topic=topics[0], families=parse_families(families), seed=seed)
    ledger = CostLedger(Budget(BudgetLimits(usd=budget_usd)))
    embedder = the_embedder(settings)
    with open_papers(settings, files, embedder) as corpus:
        corpus.embed()
        library = CorpusLibrary(corpus.view())
        log = ideas_folder(settings) / CALLS_FILE
        voices = open_voices(settings, writer, grader, ledger, log, [])

        def generator(asked: RunPlan, budget: CallBudget) -> Generator:
            return Generator(
                plan=asked,
                arms=arms_of(asked.families),
                muse=voices.muse,
                judge=voices.judge,
                library=library,
                embedder=embedder,
                ledger=ledger,
                total=budget,
            )

        try:
            return await ablate(plan, topics, generator, voices.judge, embedder, calls=calls, tell=tell)
        finally:
            for each in voices.models:
                await each.close()


def _table(found: Ablation) -> str:
    names = list(dict.fromkeys(trial.variant for trial in found.trials))
    lines = ["variant      topics  calls  kept  good and different  spread"]
    for name in names:
        own = [trial for trial in found.trials if trial.variant == name]
        mean = [
            sum(values) / len(own)
            for values in zip(
                *((each.calls, each.kept, each.good_and_different, each.spread) for each in own), strict=True
            )
        ]
        lines.append(
            f"{name:<12} {len(own):>6}  {mean[0]:>5.1f}  {mean[1]:>4.1f}  {mean[2]:>18.1f}  {mean[3]:>6.2f}"
        )
    if ungraded := sum(trial.ungraded for trial in found.trials):
        lines += ["", f"grades that the judge could not give: {ungraded}"]
    lines += ["", "difference of good and different ideas (second - first), paired over topics"]
    lines += [
        f"{each.first} -> {each.second}: {each.difference}" + ("" if each.equal_budget else " (unequal cost)")
        for each in found.differences
    ]
    return "\n".join(lines)


def novelty(
    file: Annotated[Path, typer.Argument(help="Ideas made anywhere: JSONL or a JSON list.")],
    corpus: Corpus = None,
    judge: Judge = "offline",
    before: Annotated[str, typer.Option(help="Only papers before this date.")] = "",
    budget_usd: Annotated[float | None, typer.Option(help="Stop at so much money.")] = None,
    as_json: Json = False,
) -> None:
    """Look for each idea's nearest papers, facet by facet: exists, partial, not found or unknown."""
    from app.output import print_json, print_text, say

    reports, titles, stopped = asyncio.run(_novelty(file, list(corpus or []), judge, before, budget_usd))
    if stopped:
        say(f"stopped early, and the rest is unknown: {stopped}")
    if as_json:
        print_json(
            {
                "stopped": stopped,
                "ideas": [
                    {"title": titles[report.idea], "verdict": report.verdict.value, **asdict(report)}
                    for report in reports
                ],
            }
        )
        raise typer.Exit(3 if stopped else 0)
    lines: list[str] = []
    for report in reports:
        lines.append(f"{titles[report.idea]}: {report.verdict.value.replace('_', ' ')}")
        for finding in report.findings:
            nearest = f"; nearest: {finding.papers[0].title}" if finding.papers else ""
            verdict = finding.verdict.value.replace("_", " ")
            lines.append(f"  {finding.aspect.value:<11} {verdict:<10} {finding.reason}{nearest}")
    print_text("\n".join(lines))
    raise typer.Exit(3 if stopped else 0)


async def _novelty(
    file: Path, files: list[Path], judge: str, before: str, budget_usd: float | None
) -> tuple[tuple[NoveltyReport, ...], dict[str, str], str]:
    from app.ideas.ranking import read_entries
    from app.ideas.working import cutoff_of
    from app.ideas.workshop import ideas_folder, open_papers, open_voices, parse_writer, the_embedder
    from core.budget import Budget, BudgetLimits
    from core.settings import load_settings
    from ideation.costs import CostLedger
    from ideation.idea import Family, Origin, new_idea
    from ideation.library import CorpusLibrary
    from ideation.novelty.checking import NoveltyCheck

    entries = read_entries(file, least=1)
    settings = load_settings()
    spec = parse_writer(judge)
    ledger = CostLedger(Budget(BudgetLimits(usd=budget_usd)))
    embedder = the_embedder(settings)
    origin = Origin(family=Family.KNOWLEDGE, lever="made elsewhere", model="unknown")
    ideas = [
        new_idea(_text(entry.sections), origin, seed=0, number=number) for number, entry in enumerate(entries)
    ]
    with open_papers(settings, files, embedder) as corpus:
        corpus.embed()
        voices = open_voices(settings, spec, spec, ledger, ideas_folder(settings) / "novelty-calls.jsonl", [])
        check = NoveltyCheck(
            topic=" ".join(idea.text.title for idea in ideas)[:300],
            library=CorpusLibrary(corpus.view(cutoff_of(before))),
            embedder=embedder,
            judge=voices.judge,
            ledger=ledger,
        )
        try:
            reports = await check.check_all(ideas)
        finally:
            for model in voices.models:
                await model.close()
    return reports, {idea.id: idea.text.title or idea.id for idea in ideas}, ledger.refused


def _text(sections: Mapping[str, str]) -> IdeaText:
    from ideation.idea import IdeaText

    return IdeaText(
        **{name: sections.get(name, "") for name in ("title", "problem", "mechanism", "prediction")},
        evaluation=sections.get("evaluation", ""),
    )
