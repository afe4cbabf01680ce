"""Carries out `atlas demo`: learns, freezes, tests in pairs, and shows what was learned."""

from __future__ import annotations

import asyncio
import random
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.house import AgentPlan, House, demo_settings
from app.memory.documents import item_json
from app.options import BenchmarkName, FeedbackWord, LaneWord, MemoryWord, open_benchmark
from app.plans import code_version, labels, make_plan, prompt_digests
from app.progress import LiveProgress
from core.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from atlas.config import MemoryMode
    from benchmarks.report import RunReport
    from benchmarks.task import Benchmark, Question, Split
    from core.episode import Lane
    from core.store import Json
    from memory.items import Item
    from memory.library import PamphletLibrary

LEARN, TEST = (1, 2, 3, 4), (5, 6, 7, 8)
LEARN_LIMIT, TEST_LIMIT = 24, 24
"""Questions of each incident: enough for intervals that say something, few enough for a minute."""
_SHOWN_ITEMS = 3
CURVE_FILE = "learning-curve.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the demo prints, as a document and as text."""

    document: dict[str, object]
    text: str


def run_demo(*, seed: int, curve: Path | None) -> Shown:
    """Work in a home of its own under the usual one; an earlier demo's home is replaced.

    Raises:
        UserError: the home folder or the place of the curve cannot be written.
    """
    settings = load_settings()
    home = settings.home / "demo"
    if home.exists():
        shutil.rmtree(home)
    with House(demo_settings(settings, home)) as house:
        bench = open_benchmark(BenchmarkName.SYNTHETIC, None, house.settings, seed=seed)
        return asyncio.run(_Demo(house, bench, seed).show(curve or home / CURVE_FILE))


class _Demo:
    def __init__(self, house: House, bench: Benchmark, seed: int) -> None:
        self._house, self._bench, self._seed = house, bench, seed
        self._progress = LiveProgress("demo")
        self._plan = make_plan("offline", "offline", LaneWord.PAIRED, MemoryWord.ON, FeedbackWord.JUDGE)

    async def show(self, curve: Path) -> Shown:
        from atlas.config import MemoryMode
        from benchmarks.comparison import compare
        from benchmarks.plots import plot_learning_curve
        from benchmarks.task import Split
        from core.episode import Lane

        library = self._house.library()
        frozen = self._house.library(frozen=True)
        learn = self._questions(LEARN, Split.TRAIN, LEARN_LIMIT)
        random.Random(self._seed).shuffle(learn)
        test = self._questions(TEST, Split.TEST, TEST_LIMIT)
        with self._progress:
            learned = await self._run(learn, LEARN, Split.TRAIN, Lane.PAIRED, MemoryMode.ON, library)
            unaided = await self._run(learn, LEARN, Split.TRAIN, Lane.PAIRED, MemoryMode.OFF, None)
            off = await self._run(test, TEST, Split.TEST, Lane.AUTO, MemoryMode.OFF, None)
            on = await self._run(test, TEST, Split.TEST, Lane.AUTO, MemoryMode.FROZEN, frozen)
        plot_learning_curve(unaided, learned, curve)
        comparison = compare(off, on, seed=self._seed)
        best = _best_items(library.items())
        return Shown(
            document={
                "off": off.to_json(),
                "on": on.to_json(),
                "comparison": comparison,
                "learning": {"with_memory": learned.to_json(), "without_memory": unaided.to_json()},
                "items": [item_json(item) for item in best],
                "curve": str(curve),
            },
            text=_text(
                off,
                on,
                learned,
                unaided,
                comparison,
                [_item_text(item) for item in best],
                curve,
                self._house.settings.home,
            ),
        )

    def _questions(self, groups: tuple[int, ...], split: Split, limit: int) -> list[Question]:
        return [q for group in groups for q in self._bench.questions((group,), split)[:limit]]

    async def _run(
        self,
        questions: Sequence[Question],
        groups: tuple[int, ...],
        split: Split,
        lane: Lane,
        mode: MemoryMode,
        library: PamphletLibrary | None,
    ) -> RunReport:
        from benchmarks.config import BenchConfig
        from benchmarks.harness import run_benchmark

        config = replace(self._plan.config, lane=lane, memory=mode)
        plan: AgentPlan = replace(self._plan, config=config)
        agent = self._house.agent(plan, library)
        self._progress.start(f"{split} questions of incidents {', '.join(map(str, groups))}, memory {mode}")
        bench_config = BenchConfig(
            groups=groups,
            split=split,
            seed=self._seed,
            labels=labels(plan),
            prompt_digests=prompt_digests(),
            code_version=code_version(),
        )
        try:
            return await run_benchmark(
                self._bench,
                agent,
                questions,
                self._house.store,
                bench_config,
                on_progress=self._progress,
                memory=self._house.probe(mode, library),
            )
        finally:
            await agent.close()


def _best_items(items: tuple[Item, ...]) -> list[Item]:
    """The items with most evidence, of different kinds and cues where there are such."""
    ordered = sorted(items, key=lambda item: (-item.support, item.id))
    chosen: list[Item] = []
    for item in ordered:
        if all((item.kind, item.cue) != (other.kind, other.cue) for other in chosen):
            chosen.append(item)
    return (chosen + [item for item in ordered if item not in chosen])[:_SHOWN_ITEMS]


def _text(
    off: RunReport,
    on: RunReport,
    learned: RunReport,
    unaided: RunReport,
    comparison: Mapping[str, Json],
    items: list[str],
    curve: Path,
    home: Path,
) -> str:
    from benchmarks.comparison import comparison_text
    from benchmarks.report_text import text_table

    table = text_table([_row("memory off", off), _row("memory on, frozen", on)])
    taught = text_table([_row("memory off", unaided), _row("memory on, learning", learned)])
    return "\n".join(
        [
            f"Learning: {len(learned.tasks)} questions of incidents {_list(LEARN)}, "
            "Teacher beside the Student",
            taught,
            "",
            f"Transfer: {len(on.tasks)} questions of incidents {_list(TEST)}, never seen, "
            "no Teacher, nothing learned",
            table,
            comparison_text(comparison),
            f"note: {off.run.spec.config.get('note')}",
            "",
            f"Three of {on.run.spec.memory.items_before} learned items:",
            *[f"\n{text}" for text in items],
            "",
            f"learning curve: {curve}",
            f"look at all: ATLAS_HOME={home} atlas memory list",
        ]
    )


def _row(name: str, report: RunReport) -> dict[str, str]:
    from benchmarks.statistics import mean

    figures = report.figures
    interval = figures.success_ci95
    queries = mean([float(task.queries) for task in report.tasks])
    return {
        "": name,
        "n": str(figures.n),
        "success": "-" if figures.success is None else f"{figures.success:.3f}",
        "95% interval": "-" if interval is None else f"{interval.low:.3f} to {interval.high:.3f}",
        "queries a task": "-" if queries is None else f"{queries:.2f}",
        "tokens": str(sum(role.usage.known_total for role in report.spend)),
    }


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))


def _item_text(item: Item) -> str:
    """An item in a few lines: what it is worth, what it says, what to do."""
    standing = f"for the {item.audience.value}, {item.support} tasks, worth {item.credit.mean:.2f}"
    lines = [f"{item.id}  {item.kind.value} {standing}", f"    {item.content}"]
    if item.cue:
        lines.append(f"    when: {item.cue}")
    if item.action is not None:
        lines.append(f"    {item.action.tool}: {item.action.text}")
    return "\n".join(lines)
