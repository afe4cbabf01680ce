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


class LiveBar:
    """One bar while it is entered, where standard error is a terminal; `bar` is None elsewhere."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.bar: Bar | None = None

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
            self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self.bar.add_task(self.label, total=None)
            self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()

    def moved(self, done: int, total: int | None, said: str) -> bool:
        """Move the bar and say something behind its label; False where there is none."""
        if self.bar is None:
            return False
        described = f"{self.label}  {said}"
        self.bar.update(self.bar.task_ids[0], completed=done, total=total, description=described)
        return True


class LiveProgress(LiveBar):
    """Counts tasks and successes of the run at hand; `run_id` is known once its first task is done."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.run_id: str | None = None
        self._solved = 0
        self._scored = 0

    def start(self, label: str) -> None:
        """A new run begins."""
        self.label, self._solved, self._scored = label, 0, 0
        if self.bar is not None:
            self.bar.reset(self.bar.task_ids[0], description=label, total=None)
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
        shown = self.moved(progress.done, progress.total, f"success {share}")
        if not shown and (progress.done % _EVERY == 0 or progress.done == progress.total):
            say(f"{self.label}: {progress.done}/{progress.total}, success {share}")

    def _say(self, line: str) -> None:
        if self.bar is not None:
            self.bar.console.print(line, highlight=False)
        else:
            say(line)
