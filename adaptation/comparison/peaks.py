"""The peak of memory while something runs."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
from pathlib import Path

import torch

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


class MemoryPeak:
    """From its making on: on a GPU what torch has allocated, else what the process has in memory, in bytes.

    Where the system cannot forget an earlier peak, that one counts too.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(device)
            return
        _give_back()
        try:
            _CLEAR.write_text("5")
        except OSError:
            self._known = False
        else:
            self._known = True

    def bytes(self) -> int:
        if self._device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self._device))
        if self._known:
            lines = _STATUS.read_text().splitlines()
            return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _give_back() -> None:
    """What was freed and is kept for later would count as if it were still in use."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
