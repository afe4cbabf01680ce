"""Which P mattered in a run: the share of an outcome's variance that model, process and press explain.

Eta squared of one factor is its sum of squares between levels over the total; it grows with the number of
levels even where nothing matters, so epsilon squared (Kelley, 1935) stands beside it, corrected for that, and
p by permutation of the outcomes (Fisher, 1935), which asks for no normal distribution. Levers come with
presses of their own, so the factors overlap: `unique` is what a factor explains beyond the other two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from ideation.idea import Idea, IdeaId, Origin

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

PERMUTATIONS = 2000
LEAST_IDEAS = 3


def person_of(idea: Idea) -> str:
    """Model, adapter and sampler."""
    origin = idea.origin
    return "|".join(
        (origin.model, origin.adapter, "" if origin.temperature is None else f"{origin.temperature:g}")
    )


def process_of(idea: Idea) -> str:
    """The lever; the operators would make nearly every idea a level of its own."""
    return f"{idea.family}/{idea.origin.lever}"


def press_of(idea: Idea) -> str:
    """Which kinds of press there were, not which papers or words."""
    return " + ".join(_kinds(idea.origin)) or "none"


def _kinds(origin: Origin) -> Sequence[str]:
    there = {
        "papers": bool(origin.papers) and not origin.without_papers,
        "persona": bool(origin.persona),
        "constraints": bool(origin.constraints),
        "feedback": bool(origin.feedback),
    }
    return [name for name, is_there in there.items() if is_there]


Factor = Callable[[Idea], str]
FACTORS: Mapping[str, Factor] = {"person": person_of, "process": process_of, "press": press_of}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One factor. Shares are of the outcome's variance: eta squared in [0, 1], epsilon squared at most 1.

    All are None where there is nothing to tell: one level, an outcome that never varies, or too few ideas.
    `p` is in (0, 1]; `means` the outcome's mean by level with its count.
    """

    factor: str
    levels: int
    eta_squared: float | None
    epsilon_squared: float | None
    unique: float | None
    p: float | None
    means: Mapping[str, tuple[float, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance:
    """All factors, in their order; `n` ideas had an outcome, `left_out` had none. `together` is the share
    that all factors explain, added up without interactions.
    """

    factors: tuple[Explained, ...]
    together: float | None
    n: int
    left_out: int


def explained_variance(
    ideas: Sequence[Idea],
    outcomes: Mapping[IdeaId, float | None],
    *,
    factors: Mapping[str, Factor] = FACTORS,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Variance:
    """What each factor explains of the outcome. Ideas without one are left out and counted.

    Raises:
        UserError: an outcome that is no finite number.
    """
    pairs = [(idea, value) for idea in ideas if (value := outcomes.get(idea.id)) is not None]
    values = np.array([value for _, value in pairs], dtype=np.float64)
    if not np.isfinite(values).all():
        raise UserError("an outcome must be a finite number; leave out what has none")
    names = {name: [level(idea) for idea, _ in pairs] for name, level in factors.items()}
    codes = {name: _codes(levels) for name, levels in names.items()}
    varies = len(values) >= LEAST_IDEAS and float(np.ptp(values)) > 0.0
    together = _additive(values, [*codes.values()]) if varies else None
    found = []
    for number, (name, levels) in enumerate(names.items()):
        others = [each for other, each in codes.items() if other != name]
        rng = np.random.default_rng([seed, number])
        found.append(_explained(name, levels, codes[name], values, others, together, permutations, rng))
    return Variance(factors=tuple(found), together=together, n=len(values), left_out=len(ideas) - len(values))


def _explained(
    name: str,
    levels: Sequence[str],
    codes: Codes,
    values: Floats,
    others: Sequence[Codes],
    together: float | None,
    permutations: int,
    rng: np.random.Generator,
) -> Explained:
    count = len(set(levels))
    means = {
        level: (float(values[inside].mean()), int(inside.sum()))
        for level in sorted(set(levels))
        if (inside := np.array([each == level for each in levels])).any()
    }
    if together is None or count < 2:
        return Explained(
            factor=name,
            levels=count,
            eta_squared=None,
            epsilon_squared=None,
            unique=None,
            p=None,
            means=means,
        )
    eta = _eta_squared(values, codes)
    spare = len(values) - count
    epsilon = 1.0 - (1.0 - eta) * (len(values) - 1) / spare if spare > 0 else None
    drawn = np.array([_eta_squared(rng.permutation(values), codes) for _ in range(permutations)])
    beaten = int((drawn >= eta - 1e-12).sum())
    return Explained(
        factor=name,
        levels=count,
        eta_squared=eta,
        epsilon_squared=epsilon,
        unique=max(0.0, together - _additive(values, others)),
        p=(1 + beaten) / (1 + permutations),
        means=means,
    )


def _codes(levels: Sequence[str]) -> Codes:
    place = {level: number for number, level in enumerate(sorted(set(levels)))}
    return np.array([place[level] for level in levels], dtype=np.int64)


def _eta_squared(values: Floats, codes: Codes) -> float:
    centred = values - values.mean()
    counts = np.bincount(codes)
    between = float((np.bincount(codes, weights=centred) ** 2 / counts).sum())
    return min(1.0, between / float((centred**2).sum()))


def _additive(values: Floats, factors: Sequence[Codes]) -> float:
    """R squared of the levels of all factors as main effects, shape of `values` (n,)."""
    columns = [np.ones((len(values), 1))]
    columns += [np.eye(int(codes.max()) + 1)[codes][:, 1:] for codes in factors]
    design = np.hstack(columns)
    fitted = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    total = float(((values - values.mean()) ** 2).sum())
    return float(np.clip(1.0 - float(((values - fitted) ** 2).sum()) / total, 0.0, 1.0))
