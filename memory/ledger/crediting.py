"""Credit: what exposures and outcomes say an item is worth, and the rule that retires.

An item's Beta posterior takes the reward of every task that showed it; its trials compare shown with
withheld, which chance alone decided (`memory.credit`). The task whose episode made an item says nothing of
it. Words that changed begin anew: only exposures of the same words count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from core.database import Database
from memory.credit.doubt import doubt
from memory.credit.outcome import Metric, TaskOutcome
from memory.credit.tallies import Trials
from memory.credit.uplift import uplift
from memory.history import Author, Op
from memory.items import Item, ItemId, RetiredFor, Status, Trust
from memory.ledger.writing import Writing
from memory.sql.rows import insert_new, item_of, select_items, upsert
from memory.sql.tables import ExposureRow, ItemRow, ItemVersionRow, OutcomeRow, TrialsRow

HARM_ALPHA = 0.05
"""The chance, over an item's whole life, that the rule retires it though it does no harm."""
RULE = "rule:harm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """An item shown to a task or withheld from it. `reward` is the task's, None until it has one; `counted`
    says whether it stands in the item's trials.
    """

    run_id: str
    task_id: str
    version: int
    outcome: str
    propensity: float
    score: float
    reward: float | None
    counted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class _Due:
    """An exposure whose task has ended."""

    item: Item
    origin: bool
    shown: bool
    propensity: float
    same_words: bool


def count_outcome(write: Writing, run_id: str, task_id: str, outcome: TaskOutcome) -> tuple[ItemId, ...]:
    """Count a task's outcome towards every item that it was shown or denied; returns items found harmful.

    Idempotent: the first outcome of a task stands, and an exposure counts once.
    """
    connection = write.connection
    row = {
        "run_id": run_id,
        "task_id": task_id,
        "reward": outcome.reward,
        "success": outcome.success,
        "steps": outcome.steps,
        "tokens": outcome.tokens,
        "created_at": write.now,
    }
    if not insert_new(connection, OutcomeRow.__table__, row):
        outcome = _stored(connection, run_id, task_id)
    harmful = []
    for due in tuple(_due(connection, run_id, task_id)):
        if due.origin or not due.same_words:
            continue
        trials = trials_of(connection, due.item.id).with_outcome(
            shown=due.shown, propensity=due.propensity, outcome=outcome
        )
        _keep(write, due, trials, outcome.reward or 0.0)
        if trials.harm.harmful(HARM_ALPHA):
            harmful.append(due.item.id)
    done = (ExposureRow.run_id == run_id) & (ExposureRow.task_id == task_id)
    connection.execute(update(ExposureRow).where(done).values(counted=True))
    return tuple(harmful)


def retire_harmful(write: Writing, items: Sequence[ItemId]) -> tuple[ItemId, ...]:
    """Retire what the sequential rule found harmful, unless a person pinned it or stands behind it."""
    retired = []
    for item_id in items:
        item = write.item(item_id)
        if not item.live or item.pinned or item.trust is Trust.HUMAN:
            continue
        note = harm_note(trials_of(write.connection, item_id))
        state = replace(item.state, status=Status.RETIRED, note=note, retired_for=RetiredFor.HARM)
        write.put(item, state)
        write.record(Op.RETIRE, Author(actor=RULE, reason=note))
        retired.append(item_id)
    return tuple(retired)


def harm_note(trials: Trials) -> str:
    """Why the rule retires: the estimate and the strength of the evidence."""
    found = uplift(trials, Metric.REWARD)
    estimate = ""
    if found is not None:
        span = f"{found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
        estimate = f"uplift {span} over {found.shown_n} shown and {found.withheld_n} withheld, "
    return f"{estimate}e-value {trials.harm.e_value:.3g} at a stated error rate of {HARM_ALPHA}"


def trials_of(connection: Connection, item_id: ItemId) -> Trials:
    stored: Any = connection.execute(
        select(TrialsRow.trials).where(TrialsRow.item_id == item_id)
    ).scalar_one_or_none()
    return Trials() if stored is None else Trials.from_json(stored)


def exposures_of(database: Database, item_id: ItemId) -> tuple[Exposure, ...]:
    """The item's exposures, newest first."""
    ended = (OutcomeRow.run_id == ExposureRow.run_id) & (OutcomeRow.task_id == ExposureRow.task_id)
    query = (
        select(ExposureRow, OutcomeRow.reward)
        .outerjoin(OutcomeRow, ended)
        .where(ExposureRow.item_id == item_id)
        .order_by(ExposureRow.created_at.desc(), ExposureRow.run_id, ExposureRow.task_id)
    )
    with database.reading() as session:
        return tuple(
            Exposure(
                run_id=row.run_id,
                task_id=row.task_id,
                version=row.version,
                outcome=row.outcome,
                propensity=row.propensity,
                score=row.score,
                reward=reward,
                counted=row.counted,
                at=row.created_at,
            )
            for row, reward in session.execute(query)
        )


def _keep(write: Writing, due: _Due, trials: Trials, reward: float) -> None:
    row = {"item_id": due.item.id, "trials": dict(trials.to_json())}
    upsert(write.connection, TrialsRow.__table__, row)
    doubtful = doubt(trials.metrics[Metric.REWARD])
    values: dict[str, Any] = {"change": write.seq, "updated_at": write.now, "doubt": doubtful}
    if due.shown:
        values |= {"alpha": ItemRow.alpha + reward, "beta": ItemRow.beta + 1.0 - reward}
    write.connection.execute(update(ItemRow).where(ItemRow.id == due.item.id).values(values))


def _due(connection: Connection, run_id: str, task_id: str) -> Iterator[_Due]:
    exposed = (
        select_items()
        .add_columns(ExposureRow.outcome, ExposureRow.propensity, ExposureRow.version.label("then"))
        .join(ExposureRow, ExposureRow.item_id == ItemRow.id)
        .where(
            ExposureRow.run_id == run_id,
            ExposureRow.task_id == task_id,
            ExposureRow.counted.is_(False),
        )
        .order_by(ItemRow.id)
    )
    for row in connection.execute(exposed).all():
        yield _Due(
            item=item_of(row),
            origin=(row.origin_run, row.origin_task) == (run_id, task_id),
            shown=row.outcome == "shown",
            propensity=row.propensity,
            same_words=row.then == row.version or _same_words(connection, row.id, row.then, row.version),
        )


def _same_words(connection: Connection, item_id: str, one: int, other: int) -> bool:
    query = select(ItemVersionRow.content_hash).where(
        ItemVersionRow.item_id == item_id, ItemVersionRow.version.in_((one, other))
    )
    return len(set(connection.execute(query).scalars())) == 1


def _stored(connection: Connection, run_id: str, task_id: str) -> TaskOutcome:
    query = select(OutcomeRow.reward, OutcomeRow.success, OutcomeRow.steps, OutcomeRow.tokens).where(
        OutcomeRow.run_id == run_id, OutcomeRow.task_id == task_id
    )
    row = connection.execute(query).one()
    return TaskOutcome(reward=row.reward, success=row.success, steps=row.steps, tokens=row.tokens)
