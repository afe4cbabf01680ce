"""One item with all that stands behind it: versions, uplift, evidence, exposures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.memory.words import Piece, word_diff
from app.web.pages.paging import paged
from memory.credit.beta import Beta
from memory.credit.outcome import Metric
from memory.credit.tallies import Trials
from memory.credit.uplift import uplift
from memory.history import Revision
from memory.items import Evidence, Item, ItemId
from memory.ledger.archive import differences
from memory.ledger.crediting import HARM_ALPHA, Exposure
from memory.library import PamphletLibrary

_DIGITS = {Metric.REWARD: 2, Metric.SUCCESS: 2, Metric.STEPS: 1, Metric.TOKENS: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """One field that a version changed, word by word."""

    field: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One version with the event that made it; `changes` are against the version before."""

    version: int
    op: str
    actor: str
    reason: str
    seq: int
    at: datetime
    changes: tuple[ChangeLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricLine:
    """The two arms of a metric, None without a task; `difference` with its 95 % interval, None where an arm
    has fewer than two. `digits` are those that the metric is written with.
    """

    metric: str
    digits: int
    shown: float | None
    shown_n: int
    withheld: float | None
    withheld_n: int
    difference: float | None
    low: float | None
    high: float | None
    enough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialsView:
    """`believed` is the e-value from which harm or help is; `always` tasks could not have done without."""

    metrics: tuple[MetricLine, ...]
    harm: float
    help: float
    believed: float
    always: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """`evidence` and `exposures` hold at most one page; `known_runs` are those that have a page, `versions`
    has the newest first, `worth_low` and `worth_high` hold the worth with 95 %.
    """

    item: Item
    worth_low: float
    worth_high: float
    versions: tuple[VersionLine, ...]
    trials: TrialsView
    evidence: tuple[Evidence, ...]
    evidence_total: int
    exposures: tuple[Exposure, ...]
    shown: int
    withheld: int
    counted: int
    known_runs: tuple[str, ...]


def item_page(library: PamphletLibrary, item_id: str, runs: frozenset[str]) -> ItemPage:
    """`runs` are the ids of the stored runs.

    Raises:
        UserError: there is no such item.
    """
    item = library.get(ItemId(item_id))
    evidence, exposures = library.evidence(item.id), library.exposures(item.id)
    first_evidence, first_exposures = paged(evidence, 1)[0], paged(exposures, 1)[0]
    named = {each.run_id for each in first_evidence} | {each.run_id for each in first_exposures}
    low, high = Beta(alpha=item.credit.alpha, beta=item.credit.beta).interval()
    return ItemPage(
        item=item,
        worth_low=low,
        worth_high=high,
        versions=_versions(library.archive.history(item.id)),
        trials=_trials(library.trials(item.id)),
        evidence=first_evidence,
        evidence_total=len(evidence),
        exposures=first_exposures,
        shown=sum(each.outcome == "shown" for each in exposures),
        withheld=sum(each.outcome != "shown" for each in exposures),
        counted=sum(each.counted for each in exposures),
        known_runs=tuple(sorted(named & runs)),
    )


def _versions(revisions: Sequence[Revision]) -> tuple[VersionLine, ...]:
    before: Item | None = None
    lines = []
    for revision in revisions:
        changes = () if before is None else differences(before, revision.item)
        before = revision.item
        lines.append(
            VersionLine(
                version=revision.item.version,
                op=revision.op.value,
                actor=revision.actor,
                reason=revision.reason,
                seq=revision.seq,
                at=revision.at,
                changes=tuple(
                    ChangeLine(field=each.field, pieces=word_diff(each.before, each.after))
                    for each in changes
                ),
            )
        )
    return tuple(reversed(lines))


def _trials(trials: Trials) -> TrialsView:
    return TrialsView(
        metrics=tuple(_metric(trials, metric) for metric in Metric),
        harm=trials.harm.e_value,
        help=trials.help.e_value,
        believed=1.0 / HARM_ALPHA,
        always=trials.always,
    )


def _metric(trials: Trials, metric: Metric) -> MetricLine:
    arms, found = trials.metrics[metric], uplift(trials, metric)
    return MetricLine(
        metric=metric.value,
        digits=_DIGITS[metric],
        shown=arms.shown.mean if arms.shown.n else None,
        shown_n=arms.shown.n,
        withheld=arms.withheld.mean if arms.withheld.n else None,
        withheld_n=arms.withheld.n,
        difference=found.difference if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        enough=found is not None and found.enough,
    )
