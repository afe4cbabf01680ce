"""Which tasks an item was shown to or withheld from, and what each counted towards its credit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from core.database import Database
from memory.items import ItemId
from memory.tables import CreditRow, ExposureRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """`outcome` is shown or withheld, `score` the rank it was recalled with; `credited` is None when not."""

    run_id: str
    task_id: str
    version: int
    outcome: str
    propensity: float
    score: float
    credited: float | None
    at: datetime


def exposures_of(database: Database, item_id: ItemId) -> tuple[Exposure, ...]:
    """The item's exposures, newest first."""
    credited = and_(
        CreditRow.item_id == ExposureRow.item_id,
        CreditRow.run_id == ExposureRow.run_id,
        CreditRow.task_id == ExposureRow.task_id,
    )
    query = (
        select(ExposureRow, CreditRow.reward)
        .outerjoin(CreditRow, credited)
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
                credited=reward,
                at=row.created_at,
            )
            for row, reward in session.execute(query)
        )
