"""The values of memory: items, drafts, evidence, queries and what recall returns. No I/O here."""

from __future__ import annotations

from dataclasses import dataclass
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


LIVE = (Status.ACTIVE, Status.CANDIDATE)
"""What recall may show."""


class Trust(StrEnum):
    """Who stands behind an item: a person, a quorum of tasks, or one task."""

    CANDIDATE = "candidate"
    PROVEN = "proven"
    HUMAN = "human"


class RetiredFor(StrEnum):
    """Why an item is a tombstone. The first two may be learned again from tasks that come later."""

    EXPIRED = "expired"
    EPISODE = "episode"
    HARM = "harm"
    MERGED = "merged"
    SPLIT = "split"
    PERSON = "person"
    ROLLBACK = "rollback"


BARRED = (RetiredFor.HARM, RetiredFor.PERSON, RetiredFor.ROLLBACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """What a distiller or a person proposes. The same scope, kind, content and action make the same item.

    `cue` says when the item applies: phrases with commas between, one of which may be `entity:TYPE`, or `re:`
    and a pattern (`memory.recall.cues`); `boundary` when it does not. `student_model` keeps an item to one
    model; empty means any.
    """

    kind: Kind
    scope: str
    content: str
    cue: str = ""
    action: ActionTemplate | None = None
    boundary: str = ""
    expected_effect: str = ""
    student_model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One episode behind (or against) an item. `reward` in [0, 1], None when unjudged.

    Its key is (item, run, task): telling it twice changes nothing. An `echo` is of a task that was shown the
    item and repeats it: no witness of its own. Memory sets it.
    """

    run_id: str
    task_id: str
    group: str
    reward: float | None
    note: str = ""
    echo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Beta posterior of an item's worth: `mean` = alpha / (alpha + beta).

    `doubt` is the chance that the item does harm, by what tasks without it say (`memory.credit.doubt`).
    """

    alpha: float
    beta: float
    doubt: float = 0.5

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)


def embedded_text(content: str, cue: str) -> str:
    """What of an item is embedded and searched: its words and when it applies."""
    return f"{content} {cue}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemState:
    """All that a version holds and a rollback brings back, bit for bit.

    `note` is why an item is quarantined or retired; `successors` are the items that a merge or a split left.
    """

    content: str
    cue: str
    action: ActionTemplate | None
    boundary: str
    expected_effect: str
    status: Status
    pinned: bool = False
    trust: Trust = Trust.CANDIDATE
    note: str = ""
    retired_for: RetiredFor | None = None
    successors: tuple[ItemId, ...] = ()

    @property
    def text(self) -> str:
        """What of it is embedded and searched."""
        return embedded_text(self.content, self.cue)

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def barred(self) -> bool:
        """Retired for good: no task may bring it back, only a person."""
        return self.status is Status.RETIRED and self.retired_for in BARRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of a pamphlet at one version. `support` counts distinct tasks that told it unprompted."""

    id: ItemId
    kind: Kind
    scope: str
    student_model: str = ""
    state: ItemState
    version: int
    content_hash: str
    support: int
    credit: Credit
    created_at: datetime
    updated_at: datetime

    @property
    def content(self) -> str:
        return self.state.content

    @property
    def cue(self) -> str:
        return self.state.cue

    @property
    def action(self) -> ActionTemplate | None:
        return self.state.action

    @property
    def boundary(self) -> str:
        return self.state.boundary

    @property
    def expected_effect(self) -> str:
        return self.state.expected_effect

    @property
    def status(self) -> Status:
        return self.state.status

    @property
    def pinned(self) -> bool:
        return self.state.pinned

    @property
    def trust(self) -> Trust:
        return self.state.trust

    @property
    def audience(self) -> Audience:
        return self.kind.audience

    @property
    def live(self) -> bool:
        return self.state.live

    def as_guidance(self) -> GuidanceItem:
        return GuidanceItem(
            id=self.id,
            version=self.version,
            kind=self.kind.value,
            content=self.content,
            cue=self.cue,
            action=self.action,
            boundary=self.boundary,
            worth=self.credit.mean,
            support=self.support,
        )


def draft_of(item: Item, state: ItemState | None = None) -> ItemDraft:
    """What would make the item anew, as it is now or as it is in another state."""
    state = state or item.state
    return ItemDraft(
        kind=item.kind,
        scope=item.scope,
        content=state.content,
        cue=state.cue,
        action=state.action,
        boundary=state.boundary,
        expected_effect=state.expected_effect,
        student_model=item.student_model,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallQuery:
    """What to recall for. `text` is the task; `cues` are known of it beside the text, as `answer_type:ip`.

    An item is a hit when it clears `floor` by fused similarity or when a cue matches. `draw` names the task
    whose chances are drawn (which items are withheld, whose worth is sampled): the same name draws the same.
    Without it nothing is left to chance, and nothing is withheld. `withhold` is the share withheld, of items
    in doubt a greater one.
    """

    text: str
    scope: str
    audience: Audience
    cues: tuple[str, ...] = ()
    limit: int = 12
    token_budget: int = 900
    floor: float = 0.25
    student_model: str = ""
    draw: str | None = None
    withhold: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A recalled item with every part of its score.

    `similarity` is the cosine, `keyword` BM25, `cue` 1 when a cue matched, `rank` their fused reciprocal
    ranks in [0, 1], `worth` the factor that credit and status gave; `score` = rank * worth. `propensity` is
    the chance with which it is shown.
    """

    item: Item
    score: float
    similarity: float
    keyword: float
    cue: float
    rank: float = 0.0
    worth: float = 1.0
    propensity: float = 1.0


class Fate(StrEnum):
    """What became of an item that was considered in a recall."""

    SHOWN = "shown"
    WITHHELD = "withheld"
    UNDER_FLOOR = "under the floor"
    OTHER_CUE = "its cue names something else"
    LIKE_ANOTHER = "too like a better one"
    CONTRADICTS = "contradicts a better one"
    CANDIDATE_SHOWN = "one candidate is shown already"
    OVER_LIMIT = "over the limit"
    OVER_BUDGET = "over the token budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One line of an explanation: the hit, what became of it, and the tokens that it costs."""

    hit: Hit
    fate: Fate
    tokens: int
    because_of: ItemId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What recall returns: hits best first; `abstained` when nothing cleared the floor.

    `withheld` would have been shown and was left out by chance. `considered` is filled by `explain` alone.
    """

    hits: tuple[Hit, ...]
    abstained: bool
    degraded: bool
    embedder: str
    withheld: tuple[Hit, ...] = ()
    considered: tuple[Considered, ...] = ()
    cleaned_query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What became of drafts: `added` new items, `supported` known ones, `quarantined` what failed a gate,
    `refused` what could not be kept at all; each of the last two with its reason.
    """

    added: tuple[ItemId, ...] = ()
    supported: tuple[ItemId, ...] = ()
    quarantined: tuple[ItemId, ...] = ()
    refused: tuple[str, ...] = ()
