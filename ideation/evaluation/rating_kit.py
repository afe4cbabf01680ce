"""A kit for blind ratings by people: for each rater a CSV and one static page, and a key that stays home.

Nothing in a sheet may pull a rater: no score, rank, method or author stands in it, ideas bear labels of the
sheet's own, each rater has an order of their own, no answer is filled in beforehand, and nobody sees what
others answered. (Where experts saw a model's score first, up to 94 % of them kept it.)
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import UserError

LABEL, COMMENT = "label", "comment"
UNABLE = "?"
"""What a rater writes who cannot tell."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An idea as raters see it. There is no place for a score."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One question on a scale of whole numbers; `low_means` and `high_means` say what the ends stand for."""

    name: str
    question: str
    low_means: str
    high_means: str
    low: int = 1
    high: int = 7


AXES = (
    Axis(
        name="novelty",
        question="How new is this idea against what you know of the field?",
        low_means="known already",
        high_means="unlike anything known",
    ),
    Axis(
        name="feasibility",
        question="Could a capable group carry it out with usual means?",
        low_means="impossible",
        high_means="straightforward",
    ),
    Axis(
        name="effectiveness",
        question="How likely is it to work as proposed?",
        low_means="certain to fail",
        high_means="certain to work",
    ),
    Axis(
        name="excitement",
        question="If it worked, how much would it matter?",
        low_means="not at all",
        high_means="it would change the field",
    ),
    Axis(
        name="clarity",
        question="Is it clear what would be done?",
        low_means="unclear",
        high_means="wholly clear",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What one rater gets: pairs of a label and an idea in this rater's order."""

    rater: str
    axes: tuple[Axis, ...]
    entries: tuple[tuple[str, Shown], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Which idea a rater's label stands for: (rater, label, idea id). It goes to no rater."""

    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingKit:
    sheets: tuple[Sheet, ...]
    key: Key


def make_kit(
    ideas: Sequence[Shown], raters: Sequence[str], *, axes: Sequence[Axis] = AXES, seed: int
) -> RatingKit:
    """A sheet for each rater. Its order depends on the seed and the rater's name, not on the order given.

    Raises:
        UserError: no idea, rater or axis, one of them twice, or a scale without two numbers.
    """
    _check(ideas, raters, axes)
    ordered = sorted(ideas, key=lambda idea: idea.id)
    sheets, rows = [], []
    for rater in raters:
        shuffled = list(ordered)
        random.Random(f"{seed}\x1f{rater}").shuffle(shuffled)
        width = len(str(len(shuffled)))
        entries = tuple((f"{at:0{width}d}", idea) for at, idea in enumerate(shuffled, start=1))
        sheets.append(Sheet(rater=rater, axes=tuple(axes), entries=entries))
        rows += [(rater, label, idea.id) for label, idea in entries]
    return RatingKit(sheets=tuple(sheets), key=Key(rows=tuple(rows)))


def sheet_csv(sheet: Sheet) -> str:
    """The sheet as CSV: label, title, text, one empty column an axis, a comment.

    A cell that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([LABEL, "title", "text", *(axis.name for axis in sheet.axes), COMMENT])
    blank = [""] * (len(sheet.axes) + 1)
    for label, idea in sheet.entries:
        writer.writerow([label, _plain(idea.title), _plain(idea.text), *blank])
    return out.getvalue()


def key_csv(key: Key) -> str:
    """The key as CSV; keep it from the raters."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["rater", LABEL, "idea"])
    writer.writerows(key.rows)
    return out.getvalue()


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _check(ideas: Sequence[Shown], raters: Sequence[str], axes: Sequence[Axis]) -> None:
    for what, names in (
        ("idea", [idea.id for idea in ideas]),
        ("rater", list(raters)),
        ("axis", [axis.name for axis in axes]),
    ):
        if not names:
            raise UserError(f"a rating kit needs at least one {what}")
        if len(set(names)) != len(names):
            raise UserError(f"a rating kit has the same {what} twice")
    for axis in axes:
        if not _NAME.fullmatch(axis.name) or axis.name in (LABEL, COMMENT, "title", "text"):
            raise UserError(f"{axis.name!r} cannot name an axis; use small letters, digits and _")
        if axis.low >= axis.high:
            raise UserError(f"the scale of {axis.name} needs two numbers at least")
