"""The values of memory: items, drafts, evidence, queries and what recall returns. No I/O here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from core.guidance import ActionTemplate, GuidanceItem

ItemId = NewType("ItemId", str)


class Audience(StrEnum):
    STUDENT = "student"
    TEACHER = "teacher"


class Kind(StrEnum):
    """Student kinds first, then the Teacher's."""

    ACTION_SCHEMA = "action_schema"
    TOOL_PLAN = "tool_plan"
    GUARD = "guard"
    SUCCESS_CHECK = "success_check"
    PRINCIPLE = "principle"
    FAILURE_MODE = "failure_mode"
    DIAGNOSTIC = "diagnostic"
    STOP_CONDITION = "stop_condition"

    @property
    def audience(self) -> Audience:
        student = (Kind.ACTION_SCHEMA, Kind.TOOL_PLAN, Kind.GUARD, Kind.SUCCESS_CHECK)
        return Audience.STUDENT if self in student else Audience.TEACHER


class Status(StrEnum):
    """`candidate` has too little evidence, `quarantined` failed a gate, `retired` is a tombstone."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    QUARANTINED = "quarantined"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """What a distiller proposes. The same scope, kind, content and action make the same item.

    `cue` says in words when the item applies; `boundary` when it does not.
    """

    kind: Kind
    scope: str
    content: str
    cue: str = ""
    action: ActionTemplate | None = None
    boundary: str = ""
    expected_effect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One episode behind (or against) an item. `reward` in [0, 1], None when unjudged.

    Its key is (item, run, task): telling it twice changes nothing.
    """

    run_id: str
    task_id: str
    group: str
    reward: float | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Beta posterior of an item's worth: `mean` = alpha / (alpha + beta)."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of a pamphlet at its current version. `support` counts distinct tasks of evidence."""

    id: ItemId
    kind: Kind
    scope: str
    content: str
    cue: str
    action: ActionTemplate | None
    boundary: str
    expected_effect: str
    status: Status
    version: int
    content_hash: str
    pinned: bool
    support: int
    credit: Credit
    created_at: datetime
    updated_at: datetime

    @property
    def audience(self) -> Audience:
        return self.kind.audience

    def as_guidance(self) -> GuidanceItem:
        return GuidanceItem(
            id=self.id,
            version=self.version,
            kind=self.kind.value,
            content=self.content,
            cue=self.cue,
            action=self.action,
            worth=self.credit.mean,
            support=self.support,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallQuery:
    """What to recall for. `text` is the task, `cues` are words that match an item's cue exactly.

    An item is a hit when it clears `floor` by fused similarity or when a cue matches.
    """

    text: str
    scope: str
    audience: Audience
    cues: tuple[str, ...] = ()
    limit: int = 12
    token_budget: int = 900
    floor: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A recalled item with every part of its score.

    `similarity` is the cosine, `keyword` BM25, `cue` 1 when a cue matched, `rank` their fused reciprocal
    ranks in [0, 1], `worth` the factor that credit and status gave; `score` = rank * worth.
    """

    item: Item
    score: float
    similarity: float
    keyword: float
    cue: float
    rank: float = 0.0
    worth: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What recall returns: hits best first; `abstained` when nothing cleared the floor."""

    hits: tuple[Hit, ...]
    abstained: bool
    degraded: bool
    embedder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What became of drafts: `added` new items, `supported` known ones, `refused` with the gate's reason."""

    added: tuple[ItemId, ...] = ()
    supported: tuple[ItemId, ...] = ()
    refused: tuple[str, ...] = field(default_factory=tuple)
