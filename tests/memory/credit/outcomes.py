"""Random exposures for property tests."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from memory.credit.outcome import TaskOutcome
from memory.credit.tallies import Trials


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    shown: bool
    propensity: float
    outcome: TaskOutcome


outcomes = st.builds(
    TaskOutcome,
    reward=st.none() | st.floats(0.0, 1.0),
    success=st.none() | st.booleans(),
    steps=st.none() | st.integers(0, 200),
    tokens=st.none() | st.integers(0, 10**7),
)
exposures = st.builds(
    Exposed, shown=st.booleans(), propensity=st.floats(0.05, 0.99), outcome=outcomes
) | st.builds(Exposed, shown=st.just(True), propensity=st.just(1.0), outcome=outcomes)


def trials_of(exposed: list[Exposed]) -> Trials:
    trials = Trials()
    for one in exposed:
        trials = trials.with_outcome(shown=one.shown, propensity=one.propensity, outcome=one.outcome)
    return trials
