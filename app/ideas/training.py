"""Training data from a finished run, through the guard that keeps evaluation and later papers out."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError

if TYPE_CHECKING:
    from core.adapters import AdapterHandle, AdapterLimits
    from core.embedder import Embedder
    from ideation.corpus.dates import Cutoff
    from ideation.corpus.store import Corpus
    from ideation.families.adapters.candidates import Candidate, Export
    from ideation.families.adapters.leakage import LeakageGuard
    from ideation.ranking.match_log import Axis, MatchLog
    from ideation.report.record import RunRecord

RUN_FILE = "run.json"


class Kind(StrEnum):
    """What an example is made of: one idea, or two of which one is to be preferred."""

    SFT = "sft"
    BIT_FLIP_SPARK = "bit-flip-spark"
    TOURNAMENT = "tournament-pairs"
    DIVPO = "divpo-pairs"
    CRPO = "crpo-pairs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The words of the command: which examples, and what may not be in them."""

    kind: Kind
    tier: int | None = None
    since: str = ""
    until: str = ""
    before: str = ""
    keep_out: Path | None = None
    axis: str = "novelty"


def note_day(folder: Path) -> None:
    """The day on which the run was first finished; a run that is repeated keeps it."""
    file = folder / RUN_FILE
    if not file.exists():
        file.write_text(json.dumps({"made": date.today().isoformat()}) + "\n", encoding="utf-8")


def export_training(
    folder: Path, record: RunRecord, corpus: Corpus, embedder: Embedder, wanted: Wanted
) -> Export:
    """The examples, and what was left out with its reason.

    Raises:
        UserError: a date, file or axis that is none, or an example that would leak all the same.
    """
    from ideation.families.adapters.creativity import Terms
    from ideation.families.adapters.preferences import (
        crpo_pairs,
        divpo_pairs,
        export_preferences,
        tournament_pairs,
    )
    from ideation.families.adapters.sft import Filter, Form, export_sft

    chosen = Filter(
        worst_tier=wanted.tier, since=_day("--since", wanted.since), until=_day("--until", wanted.until)
    )
    guard = _guard(record, corpus, wanted)
    every = _candidates(folder, record, corpus)
    if wanted.kind in (Kind.SFT, Kind.BIT_FLIP_SPARK):
        form = Form.IDEA if wanted.kind is Kind.SFT else Form.BIT_FLIP_SPARK
        return export_sft(every, guard=guard, form=form, wanted=chosen)
    group = [each for each in every if chosen.fault(each) is None]
    if wanted.kind is Kind.TOURNAMENT:
        return export_preferences(
            tournament_pairs(group, _matches(folder), axis=_axis(wanted.axis)), guard=guard
        )
    if wanted.kind is Kind.DIVPO:
        return export_preferences(divpo_pairs(group, embedder, most=len(group)), guard=guard)
    texts = [paper.text for paper in corpus.view(_cutoff(record, wanted)).papers()]
    return export_preferences(crpo_pairs(group, embedder, texts, weights=Terms()), guard=guard)


def _candidates(folder: Path, record: RunRecord, corpus: Corpus) -> list[Candidate]:
    from ideation.families.adapters.candidates import Candidate
    from ideation.library import CorpusLibrary
    from ideation.report.reading import idea_of

    library = CorpusLibrary(corpus.view())
    made = _made(folder)
    found = []
    for each in record.ideas:
        idea = idea_of(each)
        shown = (library.get(paper) for paper in idea.origin.papers)
        found.append(
            Candidate(
                idea=idea,
                topic=record.topic,
                made=made,
                tier=each.tier if record.judges else None,
                quality=each.strength if record.judges else None,
                background=tuple(source for source in shown if source),
            )
        )
    return found


def _guard(record: RunRecord, corpus: Corpus, wanted: Wanted) -> LeakageGuard:
    from ideation.families.adapters.leakage import LeakageGuard

    papers = list(corpus.view().papers())
    return LeakageGuard(
        evaluation_topics=_topics(wanted.keep_out),
        cutoff=_cutoff(record, wanted),
        published={paper.id: paper.published for paper in papers},
        titles={paper.id: paper.title for paper in papers},
    )


def _cutoff(record: RunRecord, wanted: Wanted) -> Cutoff:
    """The earlier of the run's own and the one that is asked for."""
    from app.ideas.working import cutoff_of

    both = [found for found in map(cutoff_of, (record.cutoff, wanted.before)) if found.day]
    return min(both, key=lambda cutoff: cutoff.day or date.max, default=cutoff_of(""))


def _topics(file: Path | None) -> tuple[str, ...]:
    if file is None:
        return ()
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the topics {file} cannot be read: {error}") from None
    return tuple(line.strip() for line in lines if line.strip())


def _matches(folder: Path) -> MatchLog:
    from app.ideas.working import MATCHES_FILE
    from ideation.ranking.match_log import MatchLog

    file = folder / MATCHES_FILE
    try:
        return MatchLog.from_jsonl(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}") from None


def _axis(name: str) -> Axis:
    from ideation.ranking.match_log import Axis

    if name not in set(Axis):
        raise UserError(f"no axis {name!r}: choose of {', '.join(Axis)}")
    return Axis(name)


def _day(option: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UserError(f"{option}: {text!r} is no day such as 2024-05-01") from None


def _made(folder: Path) -> date:
    try:
        return date.fromisoformat(json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))["made"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder / RUN_FILE} does not tell the run's day: {error}") from None


def examples_of(folder: Path, record: RunRecord, files: list[Path], wanted: Wanted) -> Export:
    """The examples, with the papers of `files` or of this home; what was left out is told.

    Raises:
        UserError: see `export_training`; or nothing is left.
    """
    from app.ideas.workshop import open_papers, the_embedder
    from app.output import say
    from core.settings import load_settings

    settings = load_settings()
    embedder = the_embedder(settings)
    with open_papers(settings, files, embedder) as corpus:
        found = export_training(folder, record, corpus, embedder, wanted)
    for each in found.left_out:
        say(f"left out: {each.idea}: {each.reason}")
    if not found.examples:
        raise UserError(f"no example is left of {len(record.ideas)} ideas; see what was left out")
    return found


def train_on(
    folder: Path,
    record: RunRecord,
    files: list[Path],
    wanted: Wanted,
    *,
    name: str,
    base: str,
    seed: int,
    limits: AdapterLimits,
) -> AdapterHandle:
    """Raises:
    UserError: there is nothing to train on, no backend, or what the backend refuses.
    ProviderError: training failed.
    """
    from core.adapters import open_backend
    from core.settings import load_settings
    from core.spec import parse_spec
    from ideation.families.adapters.tuned import train_adapter

    parse_spec(f"adapter:{name}")
    backend = open_backend(load_settings())
    found = examples_of(folder, record, files, wanted)
    return asyncio.run(
        train_adapter(backend, found, name=name, base_model=base, folder=folder, seed=seed, limits=limits)
    )
