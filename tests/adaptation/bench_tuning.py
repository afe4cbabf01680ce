"""LoRA training here beside plain peft with the Trainer: steps per second and peak memory, in one run.

Run: python -m pytest tests/adaptation/bench_tuning.py -s
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from tests.adaptation.tuning_sides import QUICK, Done, ours, theirs  # noqa: E402

ROUNDS, MOST = 9, 1.05
ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("ignore"),  # the Trainer's own, of packages that it looks for
]


def test_both_train_the_same() -> None:
    assert ours(QUICK).loss == pytest.approx(theirs(QUICK).loss, rel=1e-4)


def test_steps_per_second() -> None:
    _pair(0)
    pairs = [_pair(number) for number in range(ROUNDS)]
    ratios = [mine.seconds / other.seconds for mine, other in pairs]
    busy = statistics.median(mine.busy_seconds / other.busy_seconds for mine, other in pairs)
    rates = [
        QUICK.steps / statistics.median(each.seconds for each in side) for side in zip(*pairs, strict=True)
    ]
    ratio = statistics.median(ratios)
    print(  # noqa: T201
        f"\nsteps per second: ours {rates[0]:.3f}, peft and Trainer {rates[1]:.3f}; time ours / theirs"
        f" {ratio:.3f}, of the processor {busy:.3f}; each round"
        f" {', '.join(f'{each:.3f}' for each in ratios)}"
    )
    assert ratio <= MOST


def _pair(number: int) -> tuple[Done, Done]:
    """Ours and theirs, now the one first and now the other."""
    if number % 2:
        mine = ours(QUICK)
        return mine, theirs(QUICK)
    other = theirs(QUICK)
    return ours(QUICK), other


def test_peak_memory() -> None:
    peaks = {side: statistics.median(_peak(side) for _ in range(3)) for side in ("ours", "theirs")}
    ratio = peaks["ours"] / peaks["theirs"]
    print(  # noqa: T201
        f"\npeak memory: ours {peaks['ours'] / 1e6:.1f} MB, peft and Trainer {peaks['theirs'] / 1e6:.1f} MB;"
        f" ours / theirs {ratio:.3f}"
    )
    assert ratio <= MOST


def _peak(side: str) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "tests.adaptation.tuning_sides", side],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(json.loads(done.stdout.splitlines()[-1])["peak_bytes"])
