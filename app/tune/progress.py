"""Where a training stands: a live line at a terminal, else a line now and again, on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.output import say
from app.progress import LiveBar

if TYPE_CHECKING:
    from adaptation.checkpoints import Progress

_LINES = 10
"""As many lines a training tells of itself where there is no terminal."""


class TrainingProgress(LiveBar):
    """Told after each step."""

    def __call__(self, progress: Progress) -> None:
        held_out = "" if progress.held_out is None else f", held out {progress.held_out:.4f}"
        line = f"loss {progress.loss:.4f}{held_out}"
        told = progress.step in (1, progress.steps) or progress.step % max(1, progress.steps // _LINES) == 0
        if not self.moved(progress.step, progress.steps, line) and told:
            say(f"{self.label}: step {progress.step} of {progress.steps}, {line}, {progress.tokens} tokens")
