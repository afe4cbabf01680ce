"""A finished run as values: everything that the reports show, and the one JSON document of it.

No time, path or random id is in it, so that the same run gives the same bytes.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ideation.frameworks.four_ps import Person, Press, Process


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PaperLine(_Value):
    """A paper that an idea used or lies near; `similarity` in [0, 1]."""

    id: str
    title: str
    year: int | None = None
    similarity: float | None = None


class FacetNovelty(_Value):
    """`verdict` is exists, partial, not_found or unknown; `because` names the paper or the failure."""

    facet: str
    verdict: str
    because: str
    nearest: tuple[PaperLine, ...] = ()


class Feasibility(_Value):
    """`verdict` yes, no or unknown for each question of the checklist, with its reason and what is needed."""

    question: str
    verdict: str
    reason: str
    needed: tuple[str, ...] = ()


class IdeaRecord(_Value):
    """One idea, as judged. `rank_low` to `rank_high` is the interval at the run's level."""

    id: str
    title: str
    problem: str
    mechanism: str
    prediction: str
    evaluation: str
    dropped: str
    consequence: str
    family: str
    lever: str
    rank: int
    rank_low: int
    rank_high: int
    tier: int
    strength: float
    axes: dict[str, float]
    pareto: bool
    wildcard: bool
    novelty: str
    novelty_by_facet: tuple[FacetNovelty, ...]
    feasibility: tuple[Feasibility, ...]
    flags: tuple[str, ...]
    boden: str
    boden_because: str
    default_distance: float | None
    papers: tuple[PaperLine, ...]
    parents: tuple[str, ...]
    person: Person | None
    process: Process | None
    press: Press | None
    """The four Ps, less the product, which this record is; None where the origin was not whole."""
    searched: tuple[str, ...] = ()
    """What was looked for when its novelty was checked."""
    probability: float | None = None
    """What its writer said of how likely the answer was: kept, never a score."""
    notes: tuple[str, ...] = ()
    among_papers: dict[str, float | None] = {}
    """HD, CD, CI, ON and rarity; `RunRecord.readings` says how to read them."""


class ArmRecord(_Value):
    """What one arm gave: ideas made, kept after duplicates, given up, its own measures, and the cells of its
    box or map that stayed empty.
    """

    family: str
    lever: str
    wanted: int
    made: int
    kept: int
    rejected: int
    calls: int
    stopped: str
    measures: dict[str, float]
    empty: tuple[tuple[str, ...], ...] = ()


class StageRecord(_Value):
    """Costs and failures of one stage; `failures` by message."""

    stage: str
    calls: int
    tokens: int
    usd: float | None
    failures: dict[str, int]


class ShareRecord(_Value):
    """`count` of `of`, with Wilson's 95 % interval."""

    count: int
    of: int
    low: float
    high: float


class ExplainedRecord(_Value):
    """What one P explains of the ideas' strengths; shares of the variance, None where nothing can be told."""

    factor: str
    levels: int
    eta_squared: float | None
    epsilon_squared: float | None
    unique: float | None
    p: float | None


class JudgeRecord(_Value):
    """What the calls on one axis say of the judge; logits of the first slot with its interval."""

    axis: str
    judge: str
    calls: int
    first_slot: float
    first_slot_low: float
    first_slot_high: float
    abstained: float
    top_certainty: float
    stopped: str
    shares: dict[str, ShareRecord] = {}


class LineageNode(_Value):
    """One text of the run, whatever became of it: `fate` is kept, duplicate, surplus (no fault, one too
    many), pruned, rejected or live (left in a search that was over), `reason` why it was given up.

    `diff` is against its first parent, or against itself before a repair. `value` is its mean grade from 1 to
    5, `visits` and `total` (of discounted rewards) are those of a tree search.
    """

    id: str
    title: str
    family: str
    lever: str
    operator: str
    round: int
    parents: tuple[str, ...]
    fate: str
    reason: str = ""
    diff: str = ""
    value: float | None = None
    visits: int = 0
    total: float = 0.0


class Act(_Value):
    """What was done with an idea at the gate: accept, edit, veto or steer; `after` is empty after a veto."""

    number: int
    stage: str
    by: str
    act: str
    before: str
    after: str
    note: str
    diff: str


class RunRecord(_Value):
    """`settings` and `notes` are lines for people; `measures` the spread of the set."""

    topic: str
    seed: int
    model: str
    judge: str
    cutoff: str
    papers: int
    settings: dict[str, str]
    notes: tuple[str, ...]
    ideas: tuple[IdeaRecord, ...]
    duplicates: dict[str, str]
    arms: tuple[ArmRecord, ...]
    judges: tuple[JudgeRecord, ...]
    measures: dict[str, float]
    coverage: dict[str, dict[str, int]]
    lineage: tuple[LineageNode, ...]
    stages: tuple[StageRecord, ...]
    portfolio: tuple[str, ...]
    """Ids of a small set that is strong, diverse, and holds one wildcard."""
    prompts: dict[str, str]
    acts: tuple[Act, ...] = ()
    readings: dict[str, str] = {}
    explained: tuple[ExplainedRecord, ...] = ()

    def to_json(self) -> str:
        return self.model_dump_json(indent=2) + "\n"
