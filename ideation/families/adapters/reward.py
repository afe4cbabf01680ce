"""A reward for ideas that a trainer outside can use: new, unlike its siblings, whole, and not too long.

After EvoIdeator's checklist reward. Tuning finds what a reward overlooks, so all is measured on what is left
of an idea when flattery is taken out (`sober`), and `probes` tells how often tricks raise it all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from core.embedder import Embedder
from ideation.families.adapters.creativity import rarity
from ideation.families.adapters.sober import sober
from ideation.idea import IdeaText
from ideation.likeness.copying import copy_check
from ideation.novelty.falsifiability import lacks

Floats = NDArray[np.float64]

PARTS = ("title", "problem", "mechanism", "prediction", "evaluation")
FEWEST_PART_WORDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """Words of a whole idea: full marks from `low` to `high`, none at 0 and at twice `high`."""

    low: int = 40
    high: int = 260

    def factor(self, said: int, meant: int) -> float:
        """`meant` words are left of the `said`: only those fill an idea up, all of them make it too long."""
        return min(1.0, meant / self.low) * min(1.0, max(0.0, 2.0 - said / self.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Each in [0, 1], higher is better; `value` is what a trainer is given."""

    novelty: float
    diversity: float
    validity: float
    length: float
    value: float


@dataclass(frozen=True, kw_only=True)
class Reward:
    """For ideas on one topic. `reference` are texts that were there before (papers); `prompts` those that the
    writer or its judge was given. `share_diversity` of the value, in [0, 1], is how unlike its siblings an
    idea is, the rest how unlike the reference.
    """

    topic: str
    embedder: Embedder
    reference: Sequence[str]
    prompts: Sequence[str] = ()
    share_diversity: float = 0.3
    length: Length = field(default_factory=Length)

    def marks(self, ideas: Sequence[IdeaText]) -> tuple[Marks, ...]:
        """Of each idea among the others: siblings, written to one prompt.

        Raises:
            ProviderError: the embedder failed.
        """
        if not ideas:
            return ()
        plain = [sober(idea, self.topic, self.prompts).text for idea in ideas]
        own = self._vectors([idea.whole for idea in plain])
        known = self._vectors(list(self.reference))
        nearest = (own @ known.T).max(axis=1) if len(known) else np.zeros(len(own))
        novelty, apart = np.clip(1.0 - nearest, 0.0, 1.0), np.clip(rarity(own), 0.0, 1.0)
        worth = (1.0 - self.share_diversity) * novelty + self.share_diversity * apart
        rows = zip(ideas, plain, novelty.tolist(), apart.tolist(), worth.tolist(), strict=True)
        return tuple(self._marked(*row) for row in rows)

    def values(self, ideas: Sequence[IdeaText]) -> list[float]:
        """The values alone."""
        return [each.value for each in self.marks(ideas)]

    def _marked(self, idea: IdeaText, plain: IdeaText, novelty: float, apart: float, worth: float) -> Marks:
        length = self.length.factor(len(idea.whole.split()), len(plain.whole.split()))
        validity = self._validity(plain)
        return Marks(
            novelty=novelty,
            diversity=apart,
            validity=validity,
            length=length,
            value=worth * validity * length,
        )

    def _validity(self, plain: IdeaText) -> float:
        """The share of parts that say something, halved for each of prediction and baseline that lacks; 0
        for a copy.
        """
        known = {str(number): text for number, text in enumerate(self.reference)}
        if copy_check(plain.whole, known, allowed=(self.topic,)).flagged:
            return 0.0
        said = sum(len(getattr(plain, part).split()) >= FEWEST_PART_WORDS for part in PARTS)
        return said / len(PARTS) * 0.5 ** len(lacks(plain))

    def _vectors(self, texts: list[str]) -> Floats:
        found = self.embedder.embed(texts) if texts else np.zeros((0, self.embedder.dimensions))
        return np.asarray(found, dtype=np.float64).reshape(len(texts), self.embedder.dimensions)


def for_trl(reward: Reward) -> Callable[..., list[float]]:
    """As a reward function of Hugging Face TRL (`GRPOTrainer(reward_funcs=...)`): completions are texts, or
    lists of turns, that answer in the pipeline's reply form. What cannot be read is worth 0.
    """

    def value(completions: Sequence[object], **others: object) -> list[float]:
        ideas = [_read(each) for each in completions]
        read = [idea for idea in ideas if idea is not None]
        found = iter(reward.values(read))
        return [0.0 if idea is None else next(found) for idea in ideas]

    return value


def _read(completion: object) -> IdeaText | None:
    """The first idea of a reply, None where there is none."""
    if isinstance(completion, Sequence) and not isinstance(completion, str):
        last = completion[-1] if completion else {}
        completion = last.get("content", "") if isinstance(last, Mapping) else ""
    try:
        first = json.loads(str(completion))["ideas"][0]
        return IdeaText(**{each.name: str(first.get(each.name) or "") for each in fields(IdeaText)})
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
