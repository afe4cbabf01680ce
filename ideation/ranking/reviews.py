"""Human reviews to calibrate a judge against, and two published sets as readers of their files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import UserError
from ideation.ranking.match_log import Axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One person's scores of one idea, each on the reviewers' own scale.

    Ideas are compared within a `group` only: the research question, where scores mean something within it.
    """

    idea: str
    scores: Mapping[Axis, float]
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedHypotheses:
    """A file of hypotheses with a person's and a model's score of each, and their texts by idea id."""

    reviews: tuple[Review, ...]
    judge_scores: Mapping[str, float]
    texts: Mapping[str, str]


class _SiReview(BaseModel):
    model_config = ConfigDict(extra="ignore")

    idea_id: str
    condition: tuple[str, ...]
    novelty_score: float
    excitement_score: float
    feasibility_score: float
    effectiveness_score: float


def read_si_reviews(path: Path) -> tuple[Review, ...]:
    """Reviews of Si, Yang and Hashimoto (arXiv 2409.04109), JSONL, scores 1 to 10.

    An idea is its id within its condition: people's and models' ideas are numbered alike. Ids have stray
    spaces. A row that stands there twice is one review. Raises `UserError` that names the line.
    """
    reviews: list[Review] = []
    seen: set[str] = set()
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip() or line in seen:
            continue
        seen.add(line)
        try:
            row = _SiReview.model_validate_json(line)
        except ValidationError as fault:
            raise UserError(f"{path} line {number} is no review: {fault.errors()[0]['msg']}") from fault
        scores = {
            Axis.NOVELTY: row.novelty_score,
            Axis.EXCITEMENT: row.excitement_score,
            Axis.FEASIBILITY: row.feasibility_score,
            Axis.EFFECTIVENESS: row.effectiveness_score,
        }
        idea = f"{row.idea_id.strip()} ({'+'.join(sorted(row.condition))})"
        reviews.append(Review(idea=idea, scores=scores))
    return tuple(reviews)


def read_moose_scores(path: Path, axis: Axis = Axis.EFFECTIVENESS) -> JudgedHypotheses:
    """An expert file of MOOSE-Chem (arXiv 2410.07076): matched scores 0 to 5 of an expert and of GPT-4o.

    Hypotheses without an expert's score are left out. The score says how far a hypothesis is the published
    one, which is none of our axes; it stands under `axis`. The experts saw GPT-4o's score first, so their
    agreement with it is inflated. Raises `UserError`.
    """
    try:
        questions = json.loads(_text(path))
        rows = [
            (question, at, str(row[0]), float(row[3]), float(row[5]))
            for question, kept in questions.items()
            for at, row in enumerate(kept)
            if len(row) > 5
        ]
    except (ValueError, TypeError, AttributeError, IndexError) as fault:
        raise UserError(f"{path} is no file of expert scores: {fault}") from fault
    names = [f"question {question}, hypothesis {at}" for question, at, *_ in rows]
    reviews = tuple(
        Review(idea=name, scores={axis: row[4]}, group=row[0]) for name, row in zip(names, rows, strict=True)
    )
    judged = {name: row[3] for name, row in zip(names, rows, strict=True)}
    return JudgedHypotheses(
        reviews=reviews, judge_scores=judged, texts={n: row[2] for n, row in zip(names, rows, strict=True)}
    )


def by_idea(reviews: Sequence[Review], axis: Axis) -> dict[str, list[float]]:
    """Scores on `axis` by idea, ideas in their first order."""
    found: dict[str, list[float]] = {}
    for review in reviews:
        if axis in review.scores:
            found.setdefault(review.idea, []).append(review.scores[axis])
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise UserError(f"{path} cannot be read: {fault}") from fault
