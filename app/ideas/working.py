"""The run behind `atlas ideas run`: what is opened, in which order, and what is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from app.ideas.workshop import Voices
    from core.embedder import Embedder
    from core.spec import Spec
    from ideation.arm import Arm, Remembered
    from ideation.corpus.dates import Cutoff
    from ideation.corpus.store import Corpus
    from ideation.costs import CostLedger
    from ideation.families.agents.gate import Gate
    from ideation.idea import Family
    from ideation.library import CorpusLibrary
    from ideation.pipeline import Bench
    from ideation.plan import RunPlan
    from ideation.report.record import RunRecord
    from memory.library import PamphletLibrary

_SHOWN = 10
MOST_KEPT = 5
"""Ideas of the first tier that later runs are shown."""
_MOST_NOTES_CHARS = 20_000
JSON_FILE, HTML_FILE, MARKDOWN_FILE = "ideas.json", "report.html", "report.md"
LATEX_FILE, BIBTEX_FILE = "report.tex", "papers.bib"
CALLS_FILE, MATCHES_FILE = "calls.jsonl", "matches.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """The words of the command."""

    topic: str
    corpus: tuple[Path, ...]
    online: bool
    model: str
    judge: str
    adapter: str
    families: str
    arms: tuple[str, ...]
    map_axes: tuple[str, ...]
    box_axes: tuple[str, ...]
    count: int
    before: str
    notes: Path | None
    budget_usd: float | None
    calls_per_idea: int
    rounds: int
    comparisons: int | None
    remember: bool
    gate: tuple[str, ...]
    out: Path | None
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What is printed, and the exit status."""

    document: dict[str, object]
    text: str
    exit_status: int


async def work(order: RunOrder) -> Done:
    """Open, run, write. A run of the same words goes on in the same folder from the calls that it made."""
    from app.ideas.training import note_day
    from app.ideas.workshop import fetch_papers, ideas_folder, open_papers, parse_writer, the_embedder
    from core.budget import Budget, BudgetLimits
    from ideation.composing import compose
    from ideation.costs import CostLedger
    from ideation.gating import parse_stages
    from ideation.library import CorpusLibrary

    settings = load_settings()
    parse_writer(order.model)
    parse_stages(order.gate)
    plan = _plan(order, parse_writer(order.judge))
    embedder = the_embedder(settings)
    ledger = CostLedger(Budget(BudgetLimits(usd=order.budget_usd)))
    others, bills = await fetch_papers(settings, plan.topic, plan.cutoff) if order.online else ((), {})
    ledger.billed(sum(usd for _, usd in bills.values()))
    with open_papers(settings, list(order.corpus), embedder, others=others) as corpus:
        corpus.embed()
        library = CorpusLibrary(corpus.view(plan.cutoff))
        folder = order.out or ideas_folder(settings) / _name(order, plan, library.papers())
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"the folder {folder} cannot be made: {error.strerror}") from None
        with _memory(order.remember, plan.topic, folder.name) as memory:
            bench = await _run(order, settings, plan, corpus, ledger, folder, memory.remembered)
            memory.keep(bench)
        record, stopped = compose(bench), bench.stopped
    _write(folder, record)
    note_day(folder)
    document: dict[str, object] = {
        "folder": str(folder),
        "report": str(folder / HTML_FILE),
        "stopped": stopped,
        "sources": {host: {"requests": sent, "billed_usd": usd} for host, (sent, usd) in bills.items()},
        **record.model_dump(mode="json"),
    }
    status = 3 if stopped else 0 if record.ideas else 1
    return Done(document=document, text=_text(record, folder), exit_status=status)


async def _run(
    order: RunOrder,
    settings: Settings,
    plan: RunPlan,
    corpus: Corpus,
    ledger: CostLedger,
    folder: Path,
    remembered: Remembered,
) -> Bench:
    from app.ideas.gating import GATE_FILE, about, open_gate
    from app.ideas.workshop import open_voices, parse_writer
    from app.output import say
    from ideation.library import CorpusLibrary
    from ideation.pipeline import run_pipeline

    view = corpus.view(plan.cutoff)
    library = CorpusLibrary(view)
    assert corpus.embedder is not None
    known = [paper.text for paper in view.papers()]
    gate = open_gate(order.gate, folder / GATE_FILE, plan.seed, lambda idea: about(bench, idea), say)
    writer, judge = parse_writer(order.model), parse_writer(order.judge)
    voices = open_voices(
        settings,
        writer,
        judge,
        ledger,
        folder / CALLS_FILE,
        known,
        adapter=order.adapter,
        topic=plan.topic,
    )
    bench = _bench(order, plan, voices, library, corpus.embedder, ledger, gate, remembered, folder)
    try:
        await run_pipeline(bench)
    finally:
        for model in voices.models:
            await model.close()
    return bench


def _bench(
    order: RunOrder,
    plan: RunPlan,
    voices: Voices,
    library: CorpusLibrary,
    embedder: Embedder,
    ledger: CostLedger,
    gate: Gate,
    remembered: Remembered,
    folder: Path,
) -> Bench:
    from ideation.families.adapters.tuned import with_tuned
    from ideation.gating import GateDesk, with_gate
    from ideation.generating import Generator
    from ideation.pipeline import Bench
    from ideation.ranking.match_file import MatchFile

    generator = Generator(
        plan=plan,
        arms=with_tuned(with_gate(_arms(order), gate), voices.tuned),
        muse=voices.muse,
        judge=voices.judge,
        library=library,
        embedder=embedder,
        ledger=ledger,
        remembered=remembered,
        gate=gate,
    )

    def open_matches() -> MatchFile:
        matches = folder / MATCHES_FILE
        matches.unlink(missing_ok=True)  # calls are repeated from their own log, and matches follow from it
        return MatchFile(matches)

    return Bench(
        plan=plan,
        generator=generator,
        muse=voices.muse,
        judge=voices.judge,
        pair_judge=voices.pair_judge,
        same=voices.same,
        library=library,
        embedder=embedder,
        ledger=ledger,
        matches=open_matches(),
        open_matches=open_matches,
        cited=library.cited,
        adapter=voices.tuned.person if voices.tuned else "",
        people=GateDesk(gate=gate),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What earlier runs on the topic left, and where this one is kept; nothing without a library."""

    topic: str
    run_id: str
    library: PamphletLibrary | None
    remembered: Remembered

    def keep(self, bench: Bench) -> None:
        """What was given up for a fault repels later runs, and the first tier is shown to them."""
        if self.library is None or bench.ranking is None:
            return
        from ideation.families.knowledge.remembering import remember_rejected, remember_successful
        from ideation.tracing import failures_of

        rejected = failures_of(bench.played, bench.people.vetoed)
        best = {standing.idea for standing in bench.ranking.overall[:MOST_KEPT] if standing.tier == 1}
        remember_rejected(self.library, self.topic, self.run_id, rejected)
        remember_successful(
            self.library, self.topic, self.run_id, [idea for idea in bench.ideas if idea.id in best]
        )


@contextmanager
def _memory(wanted: bool, topic: str, run_id: str) -> Iterator[Memory]:
    from ideation.arm import Remembered

    if not wanted:
        yield Memory(topic=topic, run_id=run_id, library=None, remembered=Remembered())
        return
    from app.house import House
    from ideation.families.knowledge.remembering import recollect

    with House() as house:
        library = house.pen()
        yield Memory(topic=topic, run_id=run_id, library=library, remembered=recollect(library, topic))


def _plan(order: RunOrder, judge: Spec) -> RunPlan:
    from core.spec import SpecKind
    from ideation.plan import RunPlan
    from ideation.ranking.match_log import Axis

    offline = {Axis.NOVELTY: 1.0, Axis.FEASIBILITY: 1.0, Axis.CLARITY: 0.5}
    read = {Axis.NOVELTY: 1.0, Axis.EXCITEMENT: 1.0, Axis.FEASIBILITY: 1.0}
    return RunPlan(
        topic=order.topic,
        count=order.count,
        families=tuple(_arms(order)),
        seed=order.seed,
        cutoff=cutoff_of(order.before),
        notes=_notes(order.notes),
        calls_per_idea=order.calls_per_idea,
        rounds=order.rounds,
        comparisons=order.comparisons,
        weights=offline if judge.kind is SpecKind.OFFLINE else read,
    )


def _arms(order: RunOrder) -> Mapping[Family, tuple[Arm, ...]]:
    """Raises:
    UserError: a family, arm or axis that is none.
    """
    from ideation.families.registry import arms_named, arms_of, parse_axis, with_axes
    from ideation.plan import parse_families

    chosen = arms_named(order.arms) if order.arms else arms_of(parse_families(order.families))
    return with_axes(
        chosen, [parse_axis(each) for each in order.map_axes], [parse_axis(each) for each in order.box_axes]
    )


def cutoff_of(text: str) -> Cutoff:
    """Raises:
    UserError: it is no date.
    """
    from ideation.corpus.dates import Cutoff

    try:
        return Cutoff.parse(text) if text else Cutoff.hides_nothing()
    except ValueError as error:
        raise UserError(f"--before: {error}") from None


def _notes(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")[:_MOST_NOTES_CHARS]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the notes {path} cannot be read: {error}") from None


def _name(order: RunOrder, plan: RunPlan, papers: tuple[str, ...]) -> str:
    """Named by what was asked, so that the same words find their calls again."""
    words = {
        **{key: str(value) for key, value in vars_of(order).items() if key not in ("out", "corpus")},
        "papers": hashlib.sha256("\n".join(papers).encode()).hexdigest(),
    }
    digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()
    start = "-".join("".join(c if c.isalnum() else " " for c in plan.topic.casefold()).split()[:5])
    return f"{start[:40]}-{digest[:8]}"


def vars_of(order: RunOrder) -> dict[str, object]:
    return {name: getattr(order, name) for name in order.__dataclass_fields__}


def _write(folder: Path, record: RunRecord) -> None:
    from ideation.report.writing import to_bibtex, to_html, to_latex, to_markdown

    texts = {
        JSON_FILE: record.to_json(),
        HTML_FILE: to_html(record),
        MARKDOWN_FILE: to_markdown(record),
        LATEX_FILE: to_latex(record),
        BIBTEX_FILE: to_bibtex(record),
    }
    for name, text in texts.items():
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)


def _text(record: RunRecord, folder: Path) -> str:
    lines = [f"{len(record.ideas)} ideas on {record.topic}, from {record.papers} papers", ""]
    lines += [
        f"{idea.rank:>3}  {idea.rank_low:>3} to {idea.rank_high:<3}  tier {idea.tier}  {idea.novelty:<9}"
        f"  {idea.title}"
        for idea in record.ideas[:_SHOWN]
    ]
    lines += [f"     and {len(record.ideas) - _SHOWN} more"] if len(record.ideas) > _SHOWN else []
    lines += ["", *(f"note: {note}" for note in record.notes)]
    failures = sum(sum(stage.failures.values()) for stage in record.stages)
    lines += [f"failures counted: {failures}"] if failures else []
    lines += [f"report: {folder / HTML_FILE}"]
    return "\n".join(lines)
