"""How the command line ends, beside the statuses that errors carry themselves."""

from __future__ import annotations

INTERRUPTED = 130
WRONG_USE = 2


class Interrupted(Exception):
    """The person stopped the work; `run_id` is the run that can go on, where there is one."""

    exit_status = INTERRUPTED

    def __init__(self, run_id: str | None = None) -> None:
        goes_on = f"; go on with the same command and --resume {run_id}" if run_id else ""
        super().__init__(f"interrupted; what was finished is stored{goes_on}")
