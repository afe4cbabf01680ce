"""Learning: what becomes of a distiller's drafts. Gates, duplicates, tombstones, evidence, quorum.

A draft that fails a gate goes to quarantine, with its secrets and values masked. One that says what an item
says already supports that item, word for word or in other words. A tombstone keeps out what equals it. What
is left becomes a candidate, and a quorum of distinct tasks makes a candidate active.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, desc, func, or_, select, update
from sqlalchemy.orm import aliased

from core.database import Database
from core.embedder import Embedder
from core.redaction import redact
from memory.gates import inspect
from memory.history import Author, Op
from memory.identity import content_hash, item_id
from memory.items import (
    LIVE,
    Evidence,
    Item,
    ItemDraft,
    ItemId,
    Learned,
    RetiredFor,
    Status,
    Trust,
    draft_of,
)
from memory.ledger.comparing import Comparer, Neighbour, Proposal
from memory.ledger.editor import live_equal, state_of_draft
from memory.ledger.writing import Clock, Writing, episode_key, writing
from memory.recall.likeness import Decision
from memory.recall.shelf import Shelf, vector_row
from memory.sql.rows import (
    add_evidence,
    distinct_tasks,
    insert_all_new,
    insert_new,
    item_of,
    select_items,
)
from memory.sql.tables import AliasRow, EmbeddingRow, EvidenceRow, ItemRow, ItemVersionRow, PairRow

QUORUM = 2
"""Distinct tasks behind an item before it is active: one may teach its own accident, two seldom the same."""
ROOM, LEAST_CANDIDATES = 500, 100
"""Live items of a scope that there is room for. Candidates make way for active items, down to so many."""
MOST_QUARANTINED = 400
"""Items of a scope that may wait for a person."""
LIKE_A_TOMB = "perhaps a retired item in other words"
RULE_QUORUM, RULE_LIKENESS, RULE_EXPIRY = "rule:quorum", "rule:likeness", "rule:expiry"


@dataclass(slots=True)
class _Tally:
    added: list[ItemId] = field(default_factory=list)
    supported: list[ItemId] = field(default_factory=list)
    quarantined: list[ItemId] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def learned(self) -> Learned:
        return Learned(
            added=tuple(self.added),
            supported=tuple(self.supported),
            quarantined=tuple(self.quarantined),
            refused=tuple(self.refused),
        )


class Learner:
    """Takes in the drafts of one task at a time, in one transaction."""

    def __init__(self, database: Database, clock: Clock, embedder: Embedder, shelf: Shelf) -> None:
        self._database, self._clock, self._embedder = database, clock, embedder
        self._comparer = Comparer(database, embedder, shelf)

    def learn(
        self,
        drafts: Sequence[ItemDraft],
        evidence: Evidence,
        *,
        observed: Sequence[str] = (),
        tools: Collection[str] | None = None,
    ) -> Learned:
        """Idempotent by (run, task) and the drafts' content.

        `observed` is the raw tool output of the task: what copies it is quarantined. `tools` are the names
        that an action may call; None lets any pass.
        """
        found = [inspect(draft, tools=tools, observed=observed) for draft in drafts]
        passed = {content_hash(each.draft): each.draft for each in reversed(found) if not each.reasons}
        proposals = self._comparer.compare_all(dict(reversed(passed.items())), evidence)
        tally = _Tally()
        if not found:
            return tally.learned()
        with writing(self._database, self._clock) as write:
            if (reason := _taken_back(write, evidence)) is not None:
                return Learned(refused=(reason,) * len(drafts))
            for proposal in proposals:
                self._take(write, proposal, evidence, tally)
            for each in found:
                reasons = "; ".join(each.reasons)
                if reasons and each.storable:
                    self._quarantine(write, each.draft, reasons, evidence, tally)
                elif reasons:
                    tally.refused.append(reasons)
            for scope in sorted({draft.scope for draft in drafts}):
                _expire(write, scope)
        return tally.learned()

    def _take(self, write: Writing, proposal: Proposal, evidence: Evidence, tally: _Tally) -> None:
        known = _find(write, proposal.digest)
        twin = None
        if known is None or (known.status is Status.RETIRED and not known.state.barred):
            twin = proposal.twin
            known = _standing(write, write.item(twin.item.id)) if twin else known
        if known is None and (tomb := proposal.akin_to) is not None:
            reason = f"{LIKE_A_TOMB} ({tomb.id}, {tomb.state.retired_for})"
            self._quarantine(write, proposal.draft, reason, evidence, tally)
            return
        if known is None:
            tally.added.append(self._add(write, proposal, evidence))
            return
        if twin is not None:
            self._remember_alias(write, proposal, known, twin.similarity)
        self._support(write, known, evidence, tally)

    def _add(self, write: Writing, proposal: Proposal, evidence: Evidence) -> ItemId:
        origin = (evidence.run_id, evidence.task_id)
        item = write.add(proposal.draft, state_of_draft(proposal.draft), origin)
        write.record(Op.ADD, _run(evidence))
        if proposal.vector is not None:
            row = vector_row(item.id, 1, self._embedder, proposal.vector)
            insert_all_new(write.connection, EmbeddingRow.__table__, [row])
        for each in proposal.neighbours:
            if each.decision is Decision.CONTRADICTION or each.close:
                _remember_pair(write, item.id, each)
        _witness(write, item, evidence)
        return item.id

    def _support(self, write: Writing, known: Item, evidence: Evidence, tally: _Tally) -> None:
        """Evidence for an item that stands, or for a tombstone that later tasks may lift."""
        if known.state.barred:
            _keep_evidence(write, known, evidence)
            tally.refused.append(f"equal to a retired item ({known.id}, {known.state.retired_for})")
            return
        if known.status is Status.QUARANTINED:
            _keep_evidence(write, known, evidence)
            tally.quarantined.append(known.id)
            return
        if known.status is Status.RETIRED and _lifts(write, known, evidence):
            state = replace(known.state, status=Status.CANDIDATE, note="", retired_for=None, successors=())
            known = write.put(known, state)
            write.record(Op.RESTORE, _run(evidence))
        elif known.status is Status.RETIRED:
            tally.refused.append(f"equal to a retired item ({known.id}, {known.state.retired_for})")
            return
        made_here = _witness(write, known, evidence)
        (tally.added if made_here else tally.supported).append(known.id)

    def _quarantine(
        self, write: Writing, draft: ItemDraft, reasons: str, evidence: Evidence, tally: _Tally
    ) -> None:
        known = _find(write, content_hash(draft))
        if known is None:
            state = replace(state_of_draft(draft), status=Status.QUARANTINED, note=reasons)
            known = write.add(draft, state, (evidence.run_id, evidence.task_id))
            write.record(Op.QUARANTINE, _run(evidence, reasons))
        tally.refused.append(reasons)
        if known.status is Status.QUARANTINED:
            _keep_evidence(write, known, evidence)
            tally.quarantined.append(known.id)

    def _remember_alias(self, write: Writing, proposal: Proposal, item: Item, similarity: float) -> None:
        row = {
            "content_hash": proposal.digest,
            "item_id": item.id,
            "content": " ".join(proposal.draft.content.split()),
            "similarity": similarity,
            "decided_by": RULE_LIKENESS,
            "created_at": write.now,
        }
        insert_new(write.connection, AliasRow.__table__, row)


def _taken_back(write: Writing, evidence: Evidence) -> str | None:
    """Why the episode may teach nothing: a person or a program took it, or all of its run, back."""
    for task_id in (evidence.task_id, None):
        event = write.done(episode_key(evidence.run_id, task_id))
        if event is not None:
            return f"{event.author.actor} took the episode back"
    return None


def _find(write: Writing, digest: str) -> Item | None:
    """The item that says this now, else the one that said it first and was edited since, else the one that it
    was found to be like; a merged or split one stands for its first successor.
    """
    current = ItemRow.content_hash == digest
    alias = select(AliasRow.item_id).where(AliasRow.content_hash == digest).scalar_subquery()
    query = select_items().where(or_(current, ItemRow.id == item_id(digest), ItemRow.id == alias))
    live = ItemRow.status.in_((Status.ACTIVE.value, Status.CANDIDATE.value))
    row = write.connection.execute(
        query.order_by((current & live).desc(), live.desc(), current.desc(), ItemRow.id).limit(1)
    ).one_or_none()
    if row is None:
        return None
    item = item_of(row)
    for _ in range(MAX_CHAIN):
        if not item.state.successors:
            break
        item = write.item(item.state.successors[0])
    return _standing(write, item)


def _standing(write: Writing, item: Item) -> Item:
    """The item, or a live one that says what it says where it does not live itself."""
    twin = None if item.live else live_equal(write, draft_of(item))
    return item if twin is None else write.item(twin)


MAX_CHAIN = 16


def _lifts(write: Writing, item: Item, evidence: Evidence) -> bool:
    """Whether the evidence is new to a tombstone: of a task that it had not heard of."""
    heard = select(func.count()).where(
        EvidenceRow.item_id == item.id, EvidenceRow.task_id == evidence.task_id
    )
    return not write.connection.execute(heard).scalar_one()


def _keep_evidence(write: Writing, item: Item, evidence: Evidence) -> int:
    """Store the evidence and the support that it makes."""
    add_evidence(write.connection, item.id, replace(evidence, note=redact(evidence.note)), write.now)
    support = distinct_tasks(write.connection, item.id)
    if support != item.support:
        values = {"support": support, "updated_at": write.now, "change": write.seq}
        write.connection.execute(update(ItemRow).where(ItemRow.id == item.id).values(values))
    return support


def _witness(write: Writing, item: Item, evidence: Evidence) -> bool:
    """Count the evidence; a quorum makes a candidate active. True where this very task made the item."""
    support = _keep_evidence(write, item, evidence)
    if item.status is Status.CANDIDATE and support >= QUORUM <= _told_so(write, item):
        now = write.item(item.id)
        write.put(now, replace(now.state, status=Status.ACTIVE, trust=max_trust(now.trust)))
        reason = f"{support} distinct tasks"
        write.record(Op.PROMOTE, replace(_run(evidence, reason), actor=RULE_QUORUM))
    row: Any = write.row(item.id)
    return (row.origin_run, row.origin_task) == (evidence.run_id, evidence.task_id)


def _told_so(write: Writing, item: Item) -> int:
    """Tasks that told the item since it has the words that it has: those before bore out other words."""
    said = (ItemVersionRow.item_id == item.id) & (ItemVersionRow.content_hash == item.content_hash)
    since = select(func.min(ItemVersionRow.created_at)).where(said).scalar_subquery()
    return distinct_tasks(write.connection, item.id, since=since)


def max_trust(trust: Trust) -> Trust:
    """What a quorum makes of an item's trust: a person's word stays above it."""
    return Trust.HUMAN if trust is Trust.HUMAN else Trust.PROVEN


def _remember_pair(write: Writing, identity: ItemId, neighbour: Neighbour) -> None:
    first, second = sorted((identity, neighbour.item.id))
    row = {
        "first": first,
        "second": second,
        "similarity": neighbour.similarity,
        "decision": neighbour.decision.value,
        "decided_by": RULE_LIKENESS,
        "created_at": write.now,
    }
    insert_new(write.connection, PairRow.__table__, row)


def _expire(write: Writing, scope: str) -> None:
    """Let go of those that wait, so that noise does not pile up: first what another says in nearly the same
    words, then the oldest.
    """
    counted = select(ItemRow.status, func.count()).where(ItemRow.scope == scope).group_by(ItemRow.status)
    counts = {row[0]: row[1] for row in write.connection.execute(counted)}
    room = max(LEAST_CANDIDATES, ROOM - counts.get(Status.ACTIVE.value, 0))
    for status, most in ((Status.CANDIDATE, room), (Status.QUARANTINED, MOST_QUARANTINED)):
        excess = counts.get(status.value, 0) - most
        if excess <= 0:
            continue
        waiting = (ItemRow.scope == scope) & (ItemRow.status == status.value)
        nobodys = ItemRow.pinned.is_(False) & (ItemRow.trust != Trust.HUMAN.value)
        query = select_items().add_columns(_said_by_another().label("said")).where(waiting, nobodys)
        first = query.order_by(desc("said"), ItemRow.updated_at, ItemRow.id).limit(excess)
        for row in write.connection.execute(first).all():
            item = item_of(row)
            note = f"no second task among the {most} that wait"
            if row.said:
                note += ", and another item says nearly the same"
            state = replace(item.state, status=Status.RETIRED, note=note, retired_for=RetiredFor.EXPIRED)
            write.put(item, state)
            write.record(Op.RETIRE, Author(actor=RULE_EXPIRY, reason=note))


def _said_by_another() -> ColumnElement[bool]:
    """Whether a live item was found to be close to this one, and distinct as far as a rule can tell."""
    other = aliased(ItemRow)
    pairs = ((PairRow.first, PairRow.second), (PairRow.second, PairRow.first))
    return or_(
        *(
            ItemRow.id.in_(
                select(one)
                .join(other, other.id == another)
                .where(PairRow.decision == Decision.DISTINCT.value, other.status.in_(LIVE))
            )
            for one, another in pairs
        )
    )


def _run(evidence: Evidence, reason: str = "") -> Author:
    return Author(
        actor=f"run:{evidence.run_id}", reason=reason, run_id=evidence.run_id, task_id=evidence.task_id
    )
