"""`atlas ideas judge-calibrate`: what a judge's word is worth beside people's own agreement."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Json, Seed
from core.errors import UserError

if TYPE_CHECKING:
    from ideation.ranking.match_log import Axis


def judge_calibrate(
    reviews: Annotated[Path, typer.Argument(help="JSONL of Si et al., or an expert file of MOOSE-Chem.")],
    scores: Annotated[
        Path | None, typer.Option(help="The judge's scores: a JSON object by idea, or by axis and idea.")
    ] = None,
    axis: Annotated[str, typer.Option(help="Axis; default: all that the judge scored.")] = "",
    name: Annotated[str, typer.Option(help="What the judge is called.")] = "judge",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Print a judge beside the human ceiling: the reviewers' reliability and their agreement in pairs."""
    from app.output import print_json, print_text
    from ideation.ranking.calibrate import calibration_text, judge_calibrate
    from ideation.ranking.match_log import Axis
    from ideation.ranking.reviews import read_moose_scores, read_si_reviews

    if axis and axis not in set(Axis):
        raise UserError(f"no axis {axis!r}: choose of {', '.join(Axis)}")
    if reviews.suffix == ".jsonl":
        people = read_si_reviews(reviews)
        if scores is None:
            raise UserError("these reviews hold no judge's scores: give --scores FILE")
        given = _scores(scores)
    else:
        judged = read_moose_scores(reviews)
        people = judged.reviews
        given = _scores(scores) if scores else {Axis.EFFECTIVENESS: dict(judged.judge_scores)}
    axes = [Axis(axis)] if axis else list(given)
    found = [
        judge_calibrate(people, each, judge_name=name, scores=given.get(each, {}), seed=seed) for each in axes
    ]
    if as_json:
        print_json({"calibrations": [asdict(each) for each in found]})
    else:
        print_text(calibration_text(found))


def _scores(path: Path) -> dict[Axis, dict[str, float]]:
    from ideation.ranking.match_log import Axis

    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} holds no scores: {error}") from None
    if not isinstance(whole, dict):
        raise UserError(f"{path} holds no scores: write a JSON object")
    by_axis = whole if set(whole) <= set(Axis) else dict.fromkeys((Axis.NOVELTY,), whole)
    try:
        return {
            Axis(each): {str(idea): float(score) for idea, score in values.items()}
            for each, values in by_axis.items()
        }
    except (AttributeError, TypeError, ValueError):
        raise UserError(f"{path} holds no scores: every idea needs a number") from None
