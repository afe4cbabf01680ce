"""A live line on standard error while tasks are worked; plain lines where that is no terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from benchmarks.config import Progress

_EVERY = 50
"""Tasks between two lines where there is no terminal."""


class LiveProgress:
    """Counts tasks, successes and speed of the run at hand."""

    def __init__(self, label: str, *, quiet: bool = False) -> None:
        self._label, self._quiet = label, quiet
        self._bar: Bar | None = None
        self._solved = 0
        self._scored = 0

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
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
        elif not self._quiet:
            sys.stderr.write(f"{label}\n")

    def __call__(self, progress: Progress) -> None:
        if progress.success is not None:
            self._scored += 1
            self._solved += progress.success
        if self._quiet:
            return
        share = f"{self._solved / self._scored:.2f}" if self._scored else "-"
        if self._bar is not None:
            description = f"{self._label}  success {share}"
            self._bar.update(
                self._bar.task_ids[0], completed=progress.done, total=progress.total, description=description
            )
        elif progress.done % _EVERY == 0 or progress.done == progress.total:
            sys.stderr.write(f"{self._label}: {progress.done}/{progress.total}, success {share}\n")
