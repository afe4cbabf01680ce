"""`atlas ideas judge-calibrate|likeness-calibrate`: what a judge's word and a threshold are worth."""

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


def likeness_calibrate(
    pairs: Annotated[Path, typer.Argument(help="JSON lines with `one`, `other` (texts) and `same`.")],
    precision: Annotated[
        float, typer.Option(help="Precision wanted of pairs that are called the same.")
    ] = 0.95,
    base_rate: Annotated[
        float | None,
        typer.Option(help="Share of pairs that are the same where it is used; default: as here."),
    ] = None,
    topic: Annotated[str, typer.Option(help="What all texts are about.")] = "",
    as_json: Json = False,
) -> None:
    """Print precision and recall of the likeness at every threshold, for the embedder of this home."""
    import numpy as np

    from app.ideas.workshop import the_embedder
    from app.output import print_json, print_text
    from core.settings import load_settings
    from ideation.likeness.model import model_for
    from ideation.likeness.signals import Pool
    from ideation.likeness.thresholds import curve, curve_table, for_precision

    if not 0.0 < precision <= 1.0:
        raise UserError(f"a precision lies between 0 and 1, not at {precision}")
    labelled = _pairs(pairs)
    embedder = the_embedder(load_settings())
    model = model_for(embedder, context=bool(topic.strip()))
    pool = Pool(
        [text for one, other, _ in labelled for text in (one, other)], embedder=embedder, context=topic
    )
    chances = model.likeness(pool, [(2 * at, 2 * at + 1) for at in range(len(labelled))])
    points = curve(chances, np.array([same for _, _, same in labelled]), base_rate=base_rate)
    found = for_precision(points, precision)
    if as_json:
        print_json(
            {
                "backend": model.backend,
                "shipped": {"sure": model.sure, "maybe": model.maybe},
                "pairs": len(labelled),
                "threshold": asdict(found) if found else None,
                "curve": [asdict(point) for point in points],
            }
        )
        return
    told = (
        f"{found.threshold:.3f}, which finds {found.recall:.2f} of them" if found else "none on these pairs"
    )
    print_text(
        "\n".join(
            [
                f"{len(labelled)} pairs, likeness fitted for: {model.backend}; shipped: the same from"
                f" {model.sure:.3f}, in doubt from {model.maybe:.3f}",
                curve_table(points),
                f"threshold for a precision of {precision:g}: {told}",
            ]
        )
    )


def _pairs(file: Path) -> list[tuple[str, str, bool]]:
    """Raises:
    UserError: the file or one of its lines is no labelled pair; the message names it.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}") from None
    found = []
    for number, line in numbered_lines(text):
        try:
            raw = json.loads(line)
            one, other, same = raw["one"], raw["other"], raw["same"]
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{file}, line {number}: write an object with one, other and same") from None
        if not (isinstance(one, str) and isinstance(other, str) and isinstance(same, bool)):
            raise UserError(f"{file}, line {number}: one and other are texts, same is true or false")
        found.append((one, other, same))
    return found
