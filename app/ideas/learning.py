"""`atlas ideas judge-learn`: a judge of a few weights, learned from scores of ideas, and what it is worth."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Json, Seed
from core.errors import UserError
from core.jsonl import numbered_lines

if TYPE_CHECKING:
    from ideation.families.adapters.features import Judged
    from ideation.families.adapters.judge_report import JudgeReport
    from ideation.families.adapters.learned_judge import LearnedJudge

_WEIGHED = 8


def judge_learn(
    scored: Annotated[
        list[Path],
        typer.Argument(
            help="Scored ideas: JSON lines or a JSON list with texts, `score`, and `topic` or none."
        ),
    ],
    rank: Annotated[
        Path | None, typer.Option(help="Ideas made anywhere, to be ordered by the judge that was learned.")
    ] = None,
    least_gap: Annotated[float, typer.Option(help="Scores nearer than this make no pair.")] = 1e-9,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Learn a judge from scores and tell its AUC and calibration on ideas that it has not seen.

    Scores are compared within one topic of one file only.
    """
    from app.ideas.workshop import the_embedder
    from app.output import print_json, print_text
    from core.settings import load_settings
    from ideation.families.adapters.judge_report import held_out
    from ideation.families.adapters.learned_judge import learn, pairs_from_scores

    ideas: list[Judged] = []
    scores: list[float | None] = []
    groups: list[str] = []
    for file in scored:
        for idea, score in read_judged(file, needs_score=True):
            ideas.append(idea)
            scores.append(score)
            groups.append(f"{file}\x1f{idea.topic}")
    pairs = pairs_from_scores(scores, groups, least_gap=least_gap)
    embedder = the_embedder(load_settings())
    report = held_out(ideas, pairs, embedder, seed=seed)
    judge = learn(ideas, pairs, embedder)
    ordered: list[tuple[float, str, str]] = []
    if rank is not None:
        others = [idea for idea, _ in read_judged(rank, needs_score=False)]
        strengths = judge.strengths(others, embedder).tolist()
        ordered = sorted(
            (
                (strength, idea.id.partition("\x1f")[2], idea.text.title)
                for strength, idea in zip(strengths, others, strict=True)
            ),
            reverse=True,
        )
    if as_json:
        print_json(_document(report, judge, ordered))
        return
    print_text(_told(report, judge, ordered, f"{len(ideas)} scored ideas, {len(pairs)} pairs"))


def _told(report: JudgeReport, judge: LearnedJudge, ordered: list[tuple[float, str, str]], given: str) -> str:
    from app.ideas.after import told

    lines = [
        f"{given}; tested on {report.pairs}, whole {report.split} kept apart",
        f"AUC {told(report.auc)}; Brier {report.brier:.3f} (a coin 0.250); said and found chances differ by"
        f" {report.calibration_error:.3f}",
        *(f"  said {each.said:.2f}, found {each.found:.2f}, n {each.n}" for each in report.calibration),
        "what weighs most: " + ", ".join(f"{name} {weight:+.2f}" for name, weight in judge.weighs(_WEIGHED)),
        *(f"{place:>3}  {strength:+.2f}  {title}" for place, (strength, _, title) in enumerate(ordered, 1)),
    ]
    return "\n".join(lines)


def _document(
    report: JudgeReport, judge: LearnedJudge, ordered: list[tuple[float, str, str]]
) -> dict[str, object]:
    return {
        "held_out": asdict(report),
        "weights": dict(judge.weighs(_WEIGHED)),
        "embedder": judge.embedder,
        "ideas": [
            {"id": name, "title": title, "rank": place, "strength": strength}
            for place, (strength, name, title) in enumerate(ordered, 1)
        ],
    }


def read_judged(file: Path, *, needs_score: bool) -> list[tuple[Judged, float | None]]:
    """Raises:
    UserError: the file or one of its ideas cannot be read; the message names it.
    """
    from app.ideas.ranking import read_entries
    from ideation.families.adapters.features import Judged
    from ideation.idea import IdeaText

    entries = read_entries(file, least=1)
    scores = _scores(file) if needs_score else [None] * len(entries)
    found = []
    for entry, score in zip(entries, scores, strict=True):
        parts = {name: entry.sections.get(name, "") for name in IdeaText.__dataclass_fields__}
        topic = entry.sections.get("topic", "")
        found.append((Judged(id=f"{file}\x1f{entry.id}", text=IdeaText(**parts), topic=topic), score))
    return found


def _scores(file: Path) -> list[float | None]:
    text = file.read_text(encoding="utf-8")
    try:
        whole = json.loads(text)
        rows = whole.get("ideas", [whole]) if isinstance(whole, dict) else whole
    except json.JSONDecodeError:
        rows = [json.loads(line) for _, line in numbered_lines(text)]
    found: list[float | None] = []
    for number, row in enumerate(rows, 1):
        score = row.get("score")
        if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
            raise UserError(f"{file}: the score of idea {number} is no number")
        found.append(None if score is None else float(score))
    if not any(score is not None for score in found):
        raise UserError(f"{file}: no idea has a score")
    return found
