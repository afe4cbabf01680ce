"""Values of memory as JSON documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memory.credit.sequential import HarmTest
    from memory.credit.tallies import Tally, Trials
    from memory.history import Event, Revision, Snapshot
    from memory.items import Considered, Evidence, Hit, Item, Recall
    from memory.ledger.archive import FieldChange
    from memory.ledger.queue import Waiting

Json = dict[str, object]


def item_json(item: Item) -> Json:
    state = item.state
    action = state.action
    return {
        "id": item.id,
        "kind": item.kind.value,
        "audience": item.audience.value,
        "scope": item.scope,
        "status": item.status.value,
        "version": item.version,
        "content": item.content,
        "cue": item.cue,
        "credit": {"mean": item.credit.mean, "alpha": item.credit.alpha, "beta": item.credit.beta},
        "support": item.support,
        "pinned": item.pinned,
        "trust": item.trust.value,
        "student_model": item.student_model,
        "boundary": item.boundary,
        "expected_effect": item.expected_effect,
        "action": None
        if action is None
        else {"tool": action.tool, "template": action.template, "bindings": dict(action.bindings)},
        "note": state.note,
        "retired_for": state.retired_for.value if state.retired_for else None,
        "successors": list(state.successors),
        "created_at": item.created_at.isoformat(),
        "updated_at": item.updated_at.isoformat(),
    }


def evidence_json(evidence: Evidence) -> Json:
    return {
        "run": evidence.run_id,
        "task": evidence.task_id,
        "group": evidence.group,
        "reward": evidence.reward,
        "note": evidence.note,
    }


def hit_json(hit: Hit) -> Json:
    return {
        **item_json(hit.item),
        "score": hit.score,
        "similarity": hit.similarity,
        "keyword": hit.keyword,
        "cue_match": hit.cue,
        "rank": hit.rank,
        "worth": hit.worth,
    }


def considered_json(considered: Considered) -> Json:
    return {
        **hit_json(considered.hit),
        "propensity": considered.hit.propensity,
        "tokens": considered.tokens,
        "fate": considered.fate.value,
        "because_of": considered.because_of,
    }


def recall_json(recall: Recall) -> Json:
    """How a recall went, without its hits."""
    return {
        "abstained": recall.abstained,
        "degraded": recall.degraded,
        "embedder": recall.embedder,
        "cleaned_query": recall.cleaned_query,
    }


def change_json(change: FieldChange) -> Json:
    return {"field": change.field, "before": change.before, "after": change.after}


def revision_json(revision: Revision, changes: Sequence[FieldChange]) -> Json:
    """A version with the event that made it and what it changed against the one before."""
    return {
        "version": revision.item.version,
        "seq": revision.seq,
        "at": revision.at.isoformat(),
        "op": revision.op.value,
        "actor": revision.actor,
        "reason": revision.reason,
        "changes": [change_json(change) for change in changes],
        "content": revision.item.content,
        "status": revision.item.status.value,
    }


def event_json(event: Event) -> Json:
    author = event.author
    return {
        "seq": event.seq,
        "at": event.at.isoformat(),
        "op": event.op.value,
        "actor": author.actor,
        "reason": author.reason,
        "run": author.run_id,
        "task": author.task_id,
        "items": [{"id": change.item_id, "version": change.version} for change in event.changes],
        "hash": event.hash,
    }


def snapshot_json(snapshot: Snapshot) -> Json:
    return {
        "name": snapshot.name,
        "digest": snapshot.digest,
        "scope": snapshot.scope,
        "items": snapshot.items,
        "seq": snapshot.seq,
        "at": snapshot.at.isoformat(),
        "actor": snapshot.actor,
        "reason": snapshot.reason,
    }


def waiting_json(waiting: Waiting) -> Json:
    return {
        "item": item_json(waiting.item),
        "because": waiting.because.value,
        "note": waiting.note,
        "other": waiting.other,
    }


def trials_json(trials: Trials) -> Json:
    """Each metric's two arms and their difference; `uplift` is None where one has too few values."""
    from memory.credit.outcome import Metric
    from memory.credit.uplift import uplift

    metrics: Json = {}
    for metric in Metric:
        arms, found = trials.metrics[metric], uplift(trials, metric)
        metrics[metric.value] = {
            "shown": _arm_json(arms.shown),
            "withheld": _arm_json(arms.withheld),
            "uplift": None
            if found is None
            else {
                "difference": found.difference,
                "ci95": [found.low, found.high],
                "enough": found.enough,
            },
        }
    return {
        "metrics": metrics,
        "harm": _test_json(trials.harm),
        "help": _test_json(trials.help),
        "always_shown": trials.always,
    }


def _arm_json(tally: Tally) -> Json:
    return {"n": tally.n, "mean": tally.mean if tally.n else None}


def _test_json(test: HarmTest) -> Json:
    return {"e_value": test.e_value, "tasks": test.n}
