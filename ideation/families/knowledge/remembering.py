"""The memory of ideas: what was rejected and what did well, kept as pamphlets that people see and edit.

One topic is one scope, `ideation/<topic>`. A rejected idea is a teacher item `failure_mode`, a successful one
a `principle`. What a person edits there is what the next run reads; what a person retires repels and helps no
more; what the gates of memory quarantine (instructions, values, secrets) is never shown.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ideation.arm import Rejected, Remembered
from ideation.corpus.identity import normal_title
from ideation.families.knowledge.sitting import repulsor
from ideation.idea import Idea, IdeaText
from memory.items import Evidence, Item, ItemDraft, ItemId, Kind, Learned
from memory.library import PamphletLibrary

ROOT = "ideation"
MOST_READ = 40
"""Ideas of each kind that a run reads, the latest first; pinned ones come before all."""
_SLUG = 60
_LENGTHS = {"title": 120, "problem": 150, "mechanism": 170, "evaluation": 80}
"""Characters of each part: with its labels an idea fits the 600 of an item."""
_REASON = 280
_LABELS = ("Problem", "Mechanism", "Evaluation")
_PART = re.compile(rf"\s*\b({'|'.join(_LABELS)}): ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of ideas that were to be remembered; `refused` holds memory's reasons."""

    items: tuple[ItemId, ...]
    quarantined: tuple[ItemId, ...]
    refused: tuple[str, ...]


def scope_of(topic: str) -> str:
    """The scope of a topic's pamphlet: its words, and a digest where they had to be cut or left out."""
    plain = normal_title(topic)
    words = "-".join(re.findall(r"[a-z0-9]+", plain))
    if words.replace("-", " ") == plain and 0 < len(words) <= _SLUG:
        return f"{ROOT}/{words}"
    digest = hashlib.sha256((plain or topic.strip()).encode("utf-8", "replace")).hexdigest()[:8]
    short = words[:_SLUG].rstrip("-")
    return f"{ROOT}/{short}-{digest}" if short else f"{ROOT}/{digest}"


def remember_rejected(
    pamphlets: PamphletLibrary, topic: str, run_id: str, rejected: Sequence[Rejected]
) -> Kept:
    """Keep ideas that were given up, each with its reason. Telling a run's ideas twice changes nothing.

    Raises:
        StorageError: the database failed.
    """
    drafts = [
        ItemDraft(
            kind=Kind.FAILURE_MODE,
            scope=scope_of(topic),
            content=_written(each.text),
            expected_effect=_cut(f"Rejected: {each.reason}", _REASON),
        )
        for each in rejected
    ]
    notes = [(_name(each.text), each.lever, 0.0, each.reason) for each in rejected]
    return _learn(pamphlets, run_id, drafts, notes)


def remember_successful(
    pamphlets: PamphletLibrary, topic: str, run_id: str, ideas: Sequence[Idea], *, reward: float | None = None
) -> Kept:
    """Keep ideas that did well; `reward` in [0, 1] is what a judge gave them, None where none did."""
    drafts = [
        ItemDraft(
            kind=Kind.PRINCIPLE,
            scope=scope_of(topic),
            content=_written(idea.text),
            expected_effect=_cut(idea.text.prediction, _REASON),
        )
        for idea in ideas
    ]
    notes = [(idea.id, idea.origin.lever, reward, "did well") for idea in ideas]
    return _learn(pamphlets, run_id, drafts, notes)


def recollect(pamphlets: PamphletLibrary, topic: str, *, most: int = MOST_READ) -> Remembered:
    """What earlier runs left for this topic, as a person may have edited it."""
    scope = scope_of(topic)
    items = [item for item in pamphlets.items(scope=scope) if item.scope == scope and item.live]
    items.sort(key=lambda item: (item.pinned, item.updated_at, item.id), reverse=True)
    rejected = [_read(item) for item in items if item.kind is Kind.FAILURE_MODE][:most]
    successful = [_read(item) for item in items if item.kind is Kind.PRINCIPLE][:most]
    return Remembered(rejected=tuple(map(repulsor, rejected)), successful=tuple(successful))


def _learn(
    pamphlets: PamphletLibrary,
    run_id: str,
    drafts: Sequence[ItemDraft],
    notes: Sequence[tuple[str, str, float | None, str]],
) -> Kept:
    learned: list[Learned] = []
    for draft, (task, lever, reward, note) in zip(drafts, notes, strict=True):
        evidence = Evidence(run_id=run_id, task_id=task, group=lever, reward=reward, note=note)
        learned.append(pamphlets.learn([draft], evidence))
    return Kept(
        items=tuple(item for each in learned for item in (*each.added, *each.supported)),
        quarantined=tuple(item for each in learned for item in each.quarantined),
        refused=tuple(reason for each in learned for reason in each.refused),
    )


def _name(text: IdeaText) -> str:
    return f"rejected_{hashlib.sha256(text.whole.encode('utf-8', 'replace')).hexdigest()[:16]}"


def _written(text: IdeaText) -> str:
    parts = {
        "": _cut(text.title, _LENGTHS["title"]),
        "Problem": _cut(text.problem, _LENGTHS["problem"]),
        "Mechanism": _cut(text.mechanism, _LENGTHS["mechanism"]),
        "Evaluation": _cut(text.evaluation, _LENGTHS["evaluation"]),
    }
    return " ".join(f"{label}: {part}" if label else part for label, part in parts.items() if part)


def _read(item: Item) -> IdeaText:
    """The idea that an item tells. A person may have written it: what has no label is the title."""
    title, *rest = _PART.split(f" {item.content}")
    said = {label: text.strip() for label, text in zip(rest[::2], rest[1::2], strict=True)}
    return IdeaText(
        title=title.strip() or said.get("Mechanism", ""),
        problem=said.get("Problem", ""),
        mechanism=said.get("Mechanism", ""),
        prediction=item.expected_effect if item.kind is Kind.PRINCIPLE else "",
        evaluation=said.get("Evaluation", ""),
    )


def _cut(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else f"{plain[: most - 2].rpartition(' ')[0] or plain[: most - 2]} …"
