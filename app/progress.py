"""A live line on standard error while tasks are worked; plain lines where that is no terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from app.output import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from benchmarks.config import Progress

_EVERY = 50
"""Tasks between two lines where there is no terminal."""


class LiveProgress:
    """Counts tasks and successes of the run at hand; `run_id` is known once its first task is done."""

    def __init__(self, label: str) -> None:
        self._label = label
        self.run_id: str | None = None
        self._bar: Bar | None = None
        self._solved = 0
        self._scored = 0

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.add_task(self._label, total=None)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def start(self, label: str) -> None:
        """A new run begins."""
        self._label, self._solved, self._scored = label, 0, 0
        if self._bar is not None:
            self._bar.reset(self._bar.task_ids[0], description=label, total=None)
        else:
            say(label)

    def __call__(self, progress: Progress) -> None:
        if progress.run_id != self.run_id:
            self.run_id = progress.run_id
            self._say(f"run {progress.run_id}")
        if progress.success is not None:
            self._scored += 1
            self._solved += progress.success
        share = f"{self._solved / self._scored:.2f}" if self._scored else "-"
        if self._bar is not None:
            description = f"{self._label}  success {share}"
            self._bar.update(
                self._bar.task_ids[0], completed=progress.done, total=progress.total, description=description
            )
        elif progress.done % _EVERY == 0 or progress.done == progress.total:
            say(f"{self._label}: {progress.done}/{progress.total}, success {share}")

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, highlight=False)
        else:
            say(line)
