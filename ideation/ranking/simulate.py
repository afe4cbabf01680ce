"""What a ranking is worth: tournaments among ideas of known quality, before judges of known accuracy.

`python -m ideation.ranking.simulate [--repetitions N] [--ideas N] [--calls N] [--seed N]` prints, for
each schedule, Kendall's tau with the truth, how often intervals hold the truth and how wide they are, and the
position bias found.
Qualities are N(0, 1); a judge's accuracy is its chance to be right over random pairs.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ideation.ranking.bradley_terry import fit
from ideation.ranking.draws import draw
from ideation.ranking.hygiene import position_bias, swapped_first_slot_share
from ideation.ranking.match_log import Axis, tally
from ideation.ranking.schedule import Schedule
from ideation.ranking.simulated_judge import SimulatedJudge, slope_for
from ideation.ranking.tiers import rank_intervals, strength_intervals
from ideation.ranking.tournament import Tournament, TournamentConfig

ACCURACIES = (0.56, 0.65, 0.71, 0.80)
AXIS = Axis.EXCITEMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One simulated tournament's set-up; `first_slot` in log odds, `qualities` a law's name."""

    accuracy: float
    schedule: Schedule = Schedule.INFORMATION
    ideas: int = 50
    calls: int = 250
    swapped: float = 0.2
    first_slot: float = 0.0
    tie: float = -math.inf
    unreadable: float = 0.0
    qualities: str = "normal"
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Shares of ideas whose 90 % interval holds the truth, and the mean widths, in log odds and in ranks;
    `slot` is the bias found, and whether held."""

    tau: float
    strengths_held: float
    strengths_width: float
    ranks_held: float
    ranks_width: float
    slot: float
    slot_held: bool
    swaps_slot: float
    swaps_held: bool
    best_in_top_tenth: bool


def run_trial(trial: Trial) -> Found:
    """Play one tournament and compare with the truth."""
    truth = qualities(trial)
    names = [f"idea {at}" for at in range(trial.ideas)]
    slope = slope_for(trial.accuracy)
    judge = SimulatedJudge(
        qualities=dict(zip(names, truth.tolist(), strict=True)),
        slope=slope,
        first_slot=trial.first_slot,
        tie=trial.tie,
        unreadable=trial.unreadable,
    )
    config = TournamentConfig(
        calls=trial.calls,
        axes=(AXIS,),
        schedule=trial.schedule,
        swapped=trial.swapped,
        certainty=1.0,
        seed=trial.seed,
    )
    tournament = Tournament({name: name for name in names}, judge, config)
    asyncio.run(tournament.run())
    matches = tournament.log.on(AXIS)
    fitted = fit(tally(names, matches))
    draws = draw(fitted, trial.seed)
    strengths, ends = slope * (truth - truth.mean()), strength_intervals(draws)
    ranks, rank_ends = _ranks(truth), rank_intervals(draws)
    guess = fitted.strengths
    low, high = np.quantile(draws.first_slot, [0.05, 0.95])
    swaps = position_bias(swapped_first_slot_share(matches))
    return Found(
        tau=kendall_tau(guess, truth),
        strengths_held=float(((ends[:, 0] <= strengths) & (strengths <= ends[:, 1])).mean()),
        strengths_width=float(np.ptp(ends, axis=1).mean()),
        ranks_held=float(((rank_ends[:, 0] <= ranks) & (ranks <= rank_ends[:, 1])).mean()),
        ranks_width=float(np.ptp(rank_ends, axis=1).mean()),
        slot=float(draws.first_slot.mean()),
        slot_held=bool(low <= trial.first_slot <= high),
        swaps_slot=swaps[0],
        swaps_held=swaps[1] <= trial.first_slot <= swaps[2],
        best_in_top_tenth=bool(ranks[int(guess.argmax())] <= max(1, trial.ideas // 10)),
    )


def qualities(trial: Trial) -> NDArray[np.float64]:
    """Shape (ideas,), variance 1: normal, or `uniform`, or `skewed` (a few much better than the rest)."""
    random = np.random.default_rng([trial.seed, round(1000 * trial.accuracy)])
    match trial.qualities:
        case "normal":
            return random.standard_normal(trial.ideas)
        case "uniform":
            return random.uniform(-math.sqrt(3.0), math.sqrt(3.0), trial.ideas)
        case "skewed":
            return random.exponential(size=trial.ideas)
    raise ValueError(f"no law of qualities is called {trial.qualities}")


def kendall_tau(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Tau-a of two score vectors (n,): concordant less discordant pairs over all pairs."""
    left, right = np.triu_indices(len(one), 1)
    return float(np.mean(np.sign(one[left] - one[right]) * np.sign(two[left] - two[right])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean over repetitions and its standard error."""

    value: float
    error: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Mean:
        error = float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan
        return cls(value=float(np.mean(values)), error=error)

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.error:.3f})"


def repeat(trial: Trial, repetitions: int, processes: int = 1) -> list[Found]:
    """`repetitions` of a trial at seeds that follow one another."""
    trials = [replace(trial, seed=trial.seed + at) for at in range(repetitions)]
    if processes == 1:
        return [run_trial(each) for each in trials]
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(run_trial, trials, chunksize=8))


COLUMNS = {
    "tau": "tau",
    "90% strengths": "strengths_held",
    "width": "strengths_width",
    "90% ranks": "ranks_held",
    "of ranks": "ranks_width",
    "bias": "slot",
    "90% bias": "slot_held",
    "best in top tenth": "best_in_top_tenth",
}


def table(trials: Sequence[Trial], repetitions: int, processes: int = 1) -> str:
    """One line a trial: means over repetitions with standard errors in brackets."""
    lines = ["accuracy  " + "  ".join(f"{name:<15}" for name in COLUMNS)]
    for trial in trials:
        found = repeat(trial, repetitions, processes)
        means = [Mean.of([float(getattr(each, field)) for each in found]) for field in COLUMNS.values()]
        lines.append(f"{trial.accuracy:<8.2f}  " + "  ".join(f"{mean!s:<15}" for mean in means))
    return "\n".join(lines)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.intp]:
    ranks: NDArray[np.intp] = (-values).argsort().argsort() + 1
    return ranks


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m ideation.ranking.simulate", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=300)
    parser.add_argument("--ideas", type=int, default=50)
    parser.add_argument("--calls", type=int, default=250)
    parser.add_argument("--swapped", type=float, default=TournamentConfig().swapped)
    parser.add_argument("--seed", type=int, default=0, help="of the first repetition")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[], help="words that a table's title must hold")
    options = parser.parse_args(arguments)
    plain = [
        Trial(
            accuracy=accuracy,
            ideas=options.ideas,
            calls=options.calls,
            swapped=options.swapped,
            seed=options.seed,
        )
        for accuracy in ACCURACIES
    ]
    tables = {
        **{f"schedule {each}": [replace(trial, schedule=each) for trial in plain] for each in Schedule},
        "position bias 0.8": [replace(trial, first_slot=0.8) for trial in plain],
        "unreadable 0.2, ties": [replace(trial, unreadable=0.2, tie=-0.7) for trial in plain],
        "qualities uniform": [replace(trial, qualities="uniform") for trial in plain],
        "qualities skewed": [replace(trial, qualities="skewed") for trial in plain],
    }
    for title, trials in tables.items():
        if all(word in title for word in options.only):
            sys.stdout.write(f"{title}, {options.repetitions} repetitions (standard errors)\n")
            sys.stdout.write(f"{table(trials, options.repetitions, options.processes)}\n\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
