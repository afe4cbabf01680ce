"""Where a training stands: a live line at a terminal, else a line now and again, on standard error."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from app.output import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from adaptation.checkpoints import Progress

_LINES = 10
"""As many lines a training tells of itself where there is no terminal."""


class TrainingProgress:
    """Told after each step."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._bar: Bar | None = None

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

    def __call__(self, progress: Progress) -> None:
        held_out = "" if progress.held_out is None else f", held out {progress.held_out:.4f}"
        line = f"loss {progress.loss:.4f}{held_out}"
        if self._bar is not None:
            self._bar.update(
                self._bar.task_ids[0],
                completed=progress.step,
                total=progress.steps,
                description=f"{self._label}  {line}",
            )
        elif progress.step in (1, progress.steps) or progress.step % max(1, progress.steps // _LINES) == 0:
            say(f"{self._label}: step {progress.step} of {progress.steps}, {line}, {progress.tokens} tokens")
