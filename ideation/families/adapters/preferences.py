"""Pairs for preference tuning, in three ways: by tournament, by DivPO and by CrPO."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

import numpy as np

from core.adapters import PreferenceExample, Value
from core.embedder import Embedder
from core.errors import UserError
from ideation.families.adapters.candidates import Candidate, Export, LeftOut
from ideation.families.adapters.creativity import Terms, measure, rarity
from ideation.families.adapters.leakage import LeakageGuard
from ideation.families.adapters.turns import answered, asked
from ideation.idea import IdeaId
from ideation.ranking.match_log import Axis, Match, Verdict

_POINTS = {Verdict.FIRST: 1, Verdict.SECOND: -1, Verdict.TIE: 0}


class PairedBy(StrEnum):
    TOURNAMENT = "tournament"
    DIVPO = "divpo"
    CRPO = "crpo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """`chosen` is to be preferred; both are of one topic. `about` tells what the choice stands on."""

    chosen: Candidate
    rejected: Candidate
    by: PairedBy
    weight: float = 1.0
    about: Mapping[str, Value] = field(default_factory=dict)


def tournament_pairs(
    candidates: Sequence[Candidate], matches: Iterable[Match], *, axis: Axis
) -> tuple[Preference, ...]:
    """Winner over loser of every two ideas that met. All calls about the two are counted, so a judge that
    only prefers the first slot cancels itself out; a draw gives no pair. `weight` is the winner's lead as a
    share of the calls.
    """
    known = {each.idea.id: each for each in candidates}
    lead: dict[tuple[str, str], int] = defaultdict(int)
    calls: dict[tuple[str, str], int] = defaultdict(int)
    for match in matches:
        if match.axis is not axis or match.verdict is Verdict.ABSTAIN:
            continue
        side = _POINTS[match.verdict]
        lead[match.pair] += side if match.first == match.pair[0] else -side
        calls[match.pair] += 1
    found = []
    for pair in sorted(lead):
        ahead, behind = pair if lead[pair] > 0 else (pair[1], pair[0])
        one, other = known.get(IdeaId(ahead)), known.get(IdeaId(behind))
        if lead[pair] == 0 or one is None or other is None or one.topic != other.topic:
            continue
        found.append(
            Preference(
                chosen=one,
                rejected=other,
                by=PairedBy.TOURNAMENT,
                weight=abs(lead[pair]) / calls[pair],
                about={"axis": axis.value, "calls": calls[pair]},
            )
        )
    return tuple(found)


def divpo_pairs(
    group: Sequence[Candidate], embedder: Embedder, *, share: float = 0.5, most: int = 1
) -> tuple[Preference, ...]:
    """Rare and good over common and bad, within one group (DivPO, arXiv 2501.18101).

    Good are the best `share` by quality and bad the worst, at most half of the group each; of the good the
    rarest is chosen, of the bad the commonest rejected, then the next of each, `most` times. Ideas without a
    quality stay out of the pools, yet they count in what is common.

    Raises:
        UserError: ideas of more than one topic, or a share outside (0, 0.5].
    """
    _one_group(group)
    if not 0 < share <= 0.5:
        raise UserError(f"the share of good and of bad ideas is above 0 and at most 0.5, not {share}")
    if not group:
        return ()
    rare = rarity(np.asarray(embedder.embed([each.idea.text.whole for each in group]), dtype=np.float64))
    judged = [(each.quality, place) for place, each in enumerate(group) if each.quality is not None]
    judged.sort()
    pool = int(len(judged) * share)
    bad = sorted(judged[:pool], key=lambda pair: (rare[pair[1]], pair[1]))
    good = sorted(judged[len(judged) - pool :], key=lambda pair: (-rare[pair[1]], pair[1]))
    return tuple(
        Preference(
            chosen=group[above],
            rejected=group[below],
            by=PairedBy.DIVPO,
            about={
                "chosen_rarity": float(rare[above]),
                "rejected_rarity": float(rare[below]),
                "chosen_quality": better,
                "rejected_quality": worse,
            },
        )
        for (better, above), (worse, below) in list(zip(good, bad, strict=True))[:most]
        if better > worse and rare[above] > rare[below]
    )


def crpo_pairs(
    group: Sequence[Candidate],
    embedder: Embedder,
    reference: Sequence[str],
    *,
    weights: Terms,
    margin: float = 0.1,
    most: int | None = None,
) -> tuple[Preference, ...]:
    """The higher over the lower weighted mean of four terms: best with worst, next with next but one, as long
    as they lie `margin` apart. Each pair's weight is that distance: the loss is weighed as in CrPO (arXiv
    2505.14442), by how creative the chosen one is beside the other.

    Raises:
        UserError: ideas of more than one topic, or weights that are no weights.
    """
    _one_group(group)
    terms = measure(group, embedder, reference)
    try:
        scores = [each.weighed(weights) for each in terms]
    except ValueError as error:
        raise UserError(str(error)) from error
    order = sorted(range(len(group)), key=lambda place: (-scores[place], place))
    found: list[Preference] = []
    for rank in range(len(order) // 2):
        above, below = order[rank], order[-1 - rank]
        distance = scores[above] - scores[below]
        if distance < margin or len(found) == most:
            break
        about: dict[str, Value] = {
            **{f"chosen_{name}": value for name, value in asdict(terms[above]).items()},
            **{f"rejected_{name}": value for name, value in asdict(terms[below]).items()},
        }
        found.append(
            Preference(
                chosen=group[above], rejected=group[below], by=PairedBy.CRPO, weight=distance, about=about
            )
        )
    return tuple(found)


def export_preferences(preferences: Sequence[Preference], *, guard: LeakageGuard) -> Export:
    """One example a pair; both ideas must pass the guard.

    Raises:
        UserError: an example would leak all the same (the guard's last look).
    """
    examples: list[PreferenceExample] = []
    left_out: list[LeftOut] = []
    for each in preferences:
        faults = [
            LeftOut(idea=one.idea.id, reason=fault)
            for one in (each.chosen, each.rejected)
            if (fault := guard.fault(one))
        ]
        left_out += faults
        if not faults:
            examples.append(_example(each))
    guard.check(examples)
    return Export(examples=tuple(examples), left_out=tuple(left_out))


def _example(pair: Preference) -> PreferenceExample:
    # One prompt for both: with the papers of both, or what the answers cite would tell them apart.
    both = tuple(dict.fromkeys((*pair.chosen.background, *pair.rejected.background)))
    chosen, rejected = (replace(each, background=both) for each in (pair.chosen, pair.rejected))
    return PreferenceExample(
        prompt=asked(chosen),
        chosen=answered(chosen),
        rejected=answered(rejected),
        weight=pair.weight,
        about={
            "by": pair.by.value,
            "topic": pair.chosen.topic,
            "chosen": pair.chosen.idea.id,
            "rejected": pair.rejected.idea.id,
            **pair.about,
        },
    )


def _one_group(group: Sequence[Candidate]) -> None:
    if len(topics := {each.topic for each in group}) > 1:
        raise UserError(f"a group has one topic, not {len(topics)}: make pairs for each by itself")
