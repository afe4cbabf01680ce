"""`atlas ideas rank`: ideas made anywhere, compared in pairs and ranked with intervals."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.ideas.running import Corpus, Judge
from app.options import Json, Seed
from core.errors import UserError
from core.jsonl import numbered_lines

if TYPE_CHECKING:
    from ideation.ranking.blinding import Entry
    from ideation.ranking.hygiene import Kappa
    from ideation.ranking.match_log import MatchLog
    from ideation.ranking.standings import Ranking

AXES_OFFLINE = ("novelty", "feasibility", "clarity")


def rank_file(
    file: Annotated[Path, typer.Argument(help="JSONL or a JSON list: id, title, and texts by name.")],
    judge: Judge = "offline",
    corpus: Corpus = None,
    axes: Annotated[str, typer.Option(help="Axes with commas between them.")] = "",
    comparisons: Annotated[
        int | None, typer.Option(help="Comparisons in all; default 5 an idea and axis.")
    ] = None,
    schedule: Annotated[
        str, typer.Option(help="Who meets whom: information, swiss, round_robin or random.")
    ] = "information",
    beside: Annotated[
        Path | None,
        typer.Option(help="Match log of another judge on the same ideas: tell how far both agree."),
    ] = None,
    log: Annotated[Path | None, typer.Option(help="Match log to write and to go on from.")] = None,
    budget_usd: Annotated[float | None, typer.Option(help="Stop at so much money.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Compare ideas in pairs, blind and in random order, and rank them with intervals and tiers."""
    from app.output import print_json, print_text, say

    entries = read_entries(file)
    ranking, matches, stopped = asyncio.run(
        _rank(entries, judge, list(corpus or []), axes, comparisons, schedule, log, budget_usd, seed)
    )
    agreed = _agreement(matches, beside, seed) if beside else {}
    titles = {entry.id: entry.sections.get("title", entry.id) for entry in entries}
    if stopped:
        say(f"stopped early: {stopped}")
    if as_json:
        print_json(
            {
                "stopped": stopped,
                **_document(ranking, titles, matches),
                "agreement": {axis: asdict(each) for axis, each in agreed.items()},
            }
        )
        raise typer.Exit(3 if stopped else 0)
    print_text(_told(ranking, titles, matches, agreed))
    raise typer.Exit(3 if stopped else 0)


def _told(ranking: Ranking, titles: dict[str, str], matches: MatchLog, agreed: dict[str, Kappa]) -> str:
    lines = [
        f"{each.rank:>3}  {each.rank_low:>3} to {each.rank_high:<3}  tier {each.tier}  {each.strength:+.2f}"
        f"  {titles[each.idea]}"
        for each in ranking.overall
    ]
    bias = [
        f"{table.axis.value}: the first slot gains {table.first_slot.estimate:+.2f}"
        f" ({table.first_slot.low:+.2f} to {table.first_slot.high:+.2f}) log odds;"
        f" abstained {table.hygiene.abstained}; circles {table.hygiene.cycles}"
        for table in ranking.axes
    ]
    bias += [
        f"{axis}: both judges agree on {each.agreement} pairs, kappa "
        + (
            "cannot be told"
            if each.value is None
            else f"{each.value:.2f} ({each.low:.2f} to {each.high:.2f})"
        )
        for axis, each in agreed.items()
    ]
    return "\n".join([*lines, "", *bias, f"{len(matches)} comparisons"])


def read_entries(file: Path, least: int = 2) -> list[Entry]:
    """Raises:
    UserError: the file or one of its records is no idea; the message names it.
    """
    from ideation.ranking.blinding import Entry

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}") from None
    try:
        whole = json.loads(text)
        found = whole.get("ideas", [whole]) if isinstance(whole, dict) else whole
    except json.JSONDecodeError:
        found = [_line(file, number, line) for number, line in numbered_lines(text)]
    entries: list[Entry] = []
    for number, each in enumerate(found if isinstance(found, list) else [], 1):
        if not isinstance(each, dict) or not any(isinstance(value, str) for value in each.values()):
            raise UserError(f"{file}: idea {number} is no object with texts")
        sections = {str(name): value for name, value in each.items() if isinstance(value, str)}
        if "mechanism" not in sections:  # ideas made elsewhere name their text in other ways
            other = [value for name, value in sections.items() if name not in ("id", "title")]
            sections["mechanism"] = "\n".join(other)
        entries.append(Entry(id=str(each.get("id", number)), sections=sections))
    if len(entries) < least:
        raise UserError(f"{file} holds {len(entries)} ideas: {least} or more are needed")
    return entries


def _line(file: Path, number: int, line: str) -> object:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(f"{file}, line {number}: no JSON ({error.msg})") from None


async def _rank(
    entries: list[Entry],
    judge: str,
    files: list[Path],
    axes: str,
    comparisons: int | None,
    schedule: str,
    log: Path | None,
    budget_usd: float | None,
    seed: int,
) -> tuple[Ranking, MatchLog, str]:
    from app.ideas.workshop import ideas_folder, open_papers, open_voices, parse_writer, the_embedder
    from core.budget import Budget, BudgetLimits
    from core.settings import load_settings
    from ideation.costs import CostLedger
    from ideation.ranking.match_file import MatchFile
    from ideation.ranking.match_log import Axis, MatchLog
    from ideation.ranking.schedule import Schedule
    from ideation.ranking.standings import rank
    from ideation.ranking.tournament import Tournament, TournamentConfig

    if schedule not in set(Schedule):
        raise UserError(f"no schedule {schedule!r}: choose of {', '.join(Schedule)}")
    settings = load_settings()
    spec = parse_writer(judge)
    known: list[str] = []
    if files:
        with open_papers(settings, files, the_embedder(settings)) as corpus:
            known = [paper.text for paper in corpus.view().papers()]
    names = [name.strip() for name in axes.split(",") if name.strip()]
    if not names:
        names = [name for name in AXES_OFFLINE if known or name != "novelty"]
    if unknown := [name for name in names if name not in set(Axis)]:
        raise UserError(f"no axis {unknown[0]!r}: choose of {', '.join(Axis)}")
    ledger = CostLedger(Budget(BudgetLimits(usd=budget_usd)))
    calls = (log.parent if log else ideas_folder(settings)) / "rank-calls.jsonl"
    voices = open_voices(settings, spec, spec, ledger, calls, known)
    chosen = tuple(Axis(name) for name in dict.fromkeys(names))
    budget = 5 * len(entries) * len(chosen) if comparisons is None else comparisons
    config = TournamentConfig(calls=budget, axes=chosen, schedule=Schedule(schedule), seed=seed)
    matches = MatchFile(log) if log else MatchLog()
    try:
        await Tournament(_blinded(entries), voices.pair_judge, config, matches).run()
    finally:
        for model in voices.models:
            await model.close()
    ranking = rank([entry.id for entry in entries], matches, dict.fromkeys(chosen, 1.0), seed)
    return ranking, matches, ledger.refused


def _blinded(entries: list[Entry]) -> dict[str, str]:
    from ideation.ranking.blinding import blind

    try:
        return blind(entries)
    except ValueError as error:
        raise UserError(f"the ideas cannot be compared: {error}") from None


def _agreement(matches: MatchLog, beside: Path, seed: int) -> dict[str, Kappa]:
    """By axis, with the log of another judge.

    Raises:
        UserError: it is no match log.
    """
    from ideation.ranking.hygiene import kappa
    from ideation.ranking.match_log import Axis, MatchLog

    try:
        other = MatchLog.from_jsonl(beside.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{beside} cannot be read: {error}") from None
    shared = [axis for axis in Axis if matches.on(axis) and other.on(axis)]
    return {axis.value: kappa(matches.on(axis), other.on(axis), seed) for axis in shared}


def _elo(ranking: Ranking, matches: MatchLog) -> dict[str, dict[str, float]]:
    """By axis: what other systems would say of the same log. It depends on the order of play."""
    from ideation.ranking.elo import elo
    from ideation.ranking.match_log import tally

    ids = [each.idea for each in ranking.overall]
    return {
        table.axis.value: {
            idea: round(float(points), 1)
            for idea, points in zip(ids, elo(tally(ids, matches.on(table.axis))), strict=True)
        }
        for table in ranking.axes
    }


def _document(ranking: Ranking, titles: dict[str, str], matches: MatchLog) -> dict[str, object]:
    elo = _elo(ranking, matches)
    return {
        "comparisons": len(matches),
        "level": ranking.level,
        "ideas": [
            {
                "id": each.idea,
                "title": titles[each.idea],
                "rank": each.rank,
                "rank_low": each.rank_low,
                "rank_high": each.rank_high,
                "tier": each.tier,
                "strength": each.strength,
                "pareto": each.idea in ranking.pareto,
                "axes": {
                    table.axis.value: one.strength
                    for table in ranking.axes
                    for one in table.standings
                    if one.idea == each.idea
                },
                "elo": {axis: ratings[each.idea] for axis, ratings in elo.items()},
            }
            for each in ranking.overall
        ],
        "position_bias": {
            table.axis.value: {
                "logit": table.first_slot.estimate,
                "low": table.first_slot.low,
                "high": table.first_slot.high,
            }
            for table in ranking.axes
        },
        "hygiene": {
            table.axis.value: {
                name: {"count": share.count, "of": share.of, "low": share.low, "high": share.high}
                for name in table.hygiene.__dataclass_fields__
                if (share := getattr(table.hygiene, name))
            }
            for table in ranking.axes
        },
    }
