"""Builds what an idea run needs out of settings and SPECs: papers, models, ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.spec import Spec, SpecKind, parse_spec

if TYPE_CHECKING:
    from pydantic import SecretStr

    from core.chat import ChatModel
    from core.embedder import Embedder
    from core.settings import Settings
    from ideation.corpus.dates import Cutoff
    from ideation.corpus.paper import Candidate
    from ideation.corpus.store import Corpus
    from ideation.costs import CostLedger
    from ideation.families.adapters.tuned import Tuned
    from ideation.muse import Muse
    from ideation.muses.sameness import LlmSameness
    from ideation.ranking.judge import PairJudge

IDEAS_FOLDER = "ideas"
CORPUS_FILE, ANSWERS_FILE = "papers.sqlite3", "answers.sqlite3"
MOST_FETCHED = 50
"""Papers asked of each service."""


def ideas_folder(settings: Settings) -> Path:
    return settings.home / IDEAS_FOLDER


def the_embedder(settings: Settings) -> Embedder:
    from app.models import choose_embedder
    from app.output import say
    from ideation.caching import CachingEmbedder

    chosen = choose_embedder(settings)
    if chosen.degraded:
        say(f"note: {chosen.degraded}")
    return CachingEmbedder(chosen.embedder)


def open_papers(
    settings: Settings, files: list[Path], embedder: Embedder, *, others: Sequence[Candidate] = ()
) -> Corpus:
    """The papers of the files and the `others`, held in memory; without either those that were imported into
    this home.

    Raises:
        UserError: there are none, or a file cannot be read.
    """
    from app.output import say
    from ideation.corpus.store import Corpus

    if not files and not others:
        kept = ideas_folder(settings) / CORPUS_FILE
        if not kept.exists():
            raise UserError("there are no papers: give --corpus FILE, or import some with atlas ideas import")
        return Corpus.open(kept, embedder)
    corpus = Corpus.open(None, embedder)
    corpus.add(others)
    for file in files:
        report = corpus.import_file(file)
        for bad in report.bad[:5]:
            say(f"{file.name}, {bad}")
        if len(report.bad) > 5:
            say(f"{file.name}: {len(report.bad) - 5} more records that cannot be read")
    if not len(corpus):
        raise UserError(f"no paper could be read from {', '.join(str(file) for file in files)}")
    return corpus


async def fetch_papers(
    settings: Settings, topic: str, cutoff: Cutoff
) -> tuple[tuple[Candidate, ...], dict[str, tuple[int, float]]]:
    """Papers on the topic from the four services, and by host the requests sent and USD billed; what one of
    them cannot give is told, the others go on.
    """
    from app.output import say
    from ideation.sources.arxiv import Arxiv
    from ideation.sources.cache import HttpCache
    from ideation.sources.crossref import Crossref
    from ideation.sources.gathering import gather
    from ideation.sources.http import Fetcher
    from ideation.sources.openalex import OpenAlex
    from ideation.sources.semantic_scholar import SemanticScholar

    with HttpCache(ideas_folder(settings) / ANSWERS_FILE) as cache:
        async with Fetcher(cache) as fetcher:
            sources = (
                OpenAlex(fetcher=fetcher, key=_secret(settings.openalex_api_key)),
                SemanticScholar(fetcher=fetcher, key=_secret(settings.semantic_scholar_api_key)),
                Arxiv(fetcher=fetcher),
                Crossref(fetcher=fetcher, mailto=settings.crossref_mailto),
            )
            found = await gather(sources, topic, MOST_FETCHED, cutoff)
            bills = fetcher.bills()
    for line in found.unknown:
        say(f"note: {line}")
    return found.papers, bills


def _secret(key: SecretStr | None) -> str:
    return key.get_secret_value() if key else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """Who writes, who grades, who compares; `models` are to be closed."""

    muse: Muse
    judge: Muse
    pair_judge: PairJudge
    same: LlmSameness | None
    """Asked whether two ideas say the same, where the likeness leaves it open; None offline."""
    models: tuple[ChatModel, ...]
    offline: bool
    tuned: Tuned | None = None
    """Who writes for the adapter arm."""


def parse_writer(text: str) -> Spec:
    """Raises:
    UserError: the SPEC names nothing that writes ideas.
    """
    spec = parse_spec(text)
    if spec.kind in (SpecKind.PYTHON, SpecKind.HTTP):
        raise UserError(f"ideas are written offline or by a model, not by {spec}")
    return spec


def open_voices(
    settings: Settings,
    writer: Spec,
    judge: Spec,
    ledger: CostLedger,
    log: Path,
    known: list[str],
    *,
    adapter: str = "",
    topic: str = "",
) -> Voices:
    """Models with their calls in the ledger and, but for recordings, in the log of the run.

    The adapter arm writes with the `adapter`, or with the writer where that is one.

    Raises:
        UserError: a model or adapter that is not there.
    """
    from core.adapters import open_backend
    from core.models.build import build_chat_model
    from ideation.call_log import LoggedModel
    from ideation.costs import LedgerModel
    from ideation.families.adapters.tuned import LEVER, Tuned
    from ideation.muses.llm import LlmMuse
    from ideation.muses.offline import OfflineMuse
    from ideation.muses.sameness import STAGE, LlmSameness
    from ideation.ranking.heuristic_judge import HeuristicJudge
    from ideation.ranking.llm_judge import LlmPairJudge

    models: dict[str, ChatModel] = {}

    def model(spec: Spec) -> ChatModel:
        if str(spec) not in models:
            inner = build_chat_model(spec, settings)
            models[str(spec)] = inner if spec.kind is SpecKind.REPLAY else LoggedModel(inner, log)
        return models[str(spec)]

    def muse(spec: Spec, stage: str) -> Muse:
        if spec.kind is SpecKind.OFFLINE:
            return OfflineMuse()
        return LlmMuse(LedgerModel(model(spec), stage, ledger), small=spec.in_process)

    name = adapter or (writer.target if writer.kind is SpecKind.ADAPTER else "")
    tuned = None
    if name:
        handle = open_backend(settings).load(name)
        tuned = Tuned(muse=muse(handle.spec, LEVER), handle=handle)
    return Voices(
        tuned=tuned,
        muse=muse(writer, "write"),
        judge=muse(judge, "grade"),
        pair_judge=HeuristicJudge(known)
        if judge.kind is SpecKind.OFFLINE
        else LlmPairJudge(LedgerModel(model(judge), "compare", ledger)),
        same=None
        if judge.kind is SpecKind.OFFLINE
        else LlmSameness(LedgerModel(model(judge), STAGE, ledger), topic, ledger),
        models=tuple(models.values()),
        offline=judge.kind is SpecKind.OFFLINE,
    )
