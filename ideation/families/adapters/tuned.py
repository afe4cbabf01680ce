"""From a run's own data to an adapter, and the arm that writes with it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.adapters import (
    AdapterBackend,
    AdapterHandle,
    AdapterLimits,
    AdapterRequest,
    PreferenceExample,
    TrainingKind,
    write_examples,
)
from core.errors import LimitReached, UserError
from ideation.arm import Arm, CountedMuse, Desk, Harvest, Produced
from ideation.families.adapters.candidates import Export
from ideation.idea import Family
from ideation.muse import Muse, ProposeRequest

LEVER = "adapter"
MOST_A_CALL = 3
NO_ADAPTER = "no adapter was asked for or none could be trained, so no tuned model wrote anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """A muse over a base model with an adapter on it."""

    muse: Muse
    handle: AdapterHandle

    @property
    def person(self) -> str:
        """As it stands in an idea's origin: the name, and which weights bore it."""
        return f"{self.handle.name}@{self.handle.digest[:12]}"


async def train_adapter(
    backend: AdapterBackend,
    export: Export,
    *,
    name: str,
    base_model: str,
    folder: Path,
    seed: int = 0,
    limits: AdapterLimits | None = None,
) -> AdapterHandle:
    """Write the examples to `folder`/`name`.jsonl and ask for an adapter trained on them.

    Raises:
        UserError: nothing to train on, examples of two kinds, or what the backend refuses.
        ProviderError: training failed.
    """
    kinds = {
        TrainingKind.PREFERENCE if isinstance(each, PreferenceExample) else TrainingKind.SFT
        for each in export.examples
    }
    if len(kinds) != 1:
        what = "examples of two kinds" if kinds else f"none of {len(export.left_out)} ideas as an example"
        raise UserError(f"an adapter is trained on one file of examples; this export has {what}")
    path = folder / f"{name}.jsonl"
    request = AdapterRequest(
        name=name,
        kind=kinds.pop(),
        base_model=base_model,
        data=path,
        data_digest=write_examples(path, export.examples),
        seed=seed,
        limits=limits or AdapterLimits(),
    )
    return await backend.train(request)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterArm:
    """Writes with a tuned model. Without one it gives no idea and says `why_not` in one line.

    Measures: `manifest_examples`, where the adapter's manifest tells them.
    """

    tuned: Tuned | None = None
    why_not: str = NO_ADAPTER
    shown: int = 6
    found: int = 20

    @property
    def family(self) -> Family:
        return Family.ADAPTERS

    @property
    def lever(self) -> str:
        return LEVER

    async def run(self, desk: Desk, wanted: int) -> Produced:
        """At most `wanted` ideas, in at most twice the calls that they need."""
        if self.tuned is None:
            return Produced(ideas=(), stopped=self.why_not)
        desk = replace(desk, muse=CountedMuse(self.tuned.muse, desk.calls))
        harvest, stopped = Harvest(arm=self, desk=desk), ""
        papers = desk.library.search(desk.topic, self.found)
        try:
            for number in range(2 * -(-wanted // MOST_A_CALL)):
                missing = wanted - len(harvest.ideas)
                if missing <= 0:
                    break
                chance = random.Random(f"{desk.seed}|{number}")
                request = ProposeRequest(
                    topic=desk.topic,
                    count=min(MOST_A_CALL, missing),
                    sources=tuple(chance.sample(papers, min(self.shown, len(papers)))),
                    said=tuple(idea.text.title for idea in harvest.ideas),
                    advice=desk.advice,
                    notes=desk.notes,
                    seed=desk.seed + number,
                )
                await self._collect(desk, harvest, request)
            if not harvest.ideas:
                stopped = f"nothing that adapter:{self.tuned.handle.name} wrote could be read"
        except LimitReached as limit:
            stopped = str(limit)
        examples = self.tuned.handle.manifest.get("examples")
        measures = {"manifest_examples": float(examples)} if isinstance(examples, int) else {}
        return harvest.produced(measures=measures, stopped=stopped)

    async def _collect(self, desk: Desk, harvest: Harvest, request: ProposeRequest) -> None:
        assert self.tuned is not None
        proposed = await desk.attempt(LEVER, lambda: desk.muse.propose(request))
        if proposed is None:
            return
        known = {idea.text.title.casefold() for idea in harvest.ideas}
        name = self.tuned.person
        for proposal in desk.count_faults(LEVER, proposed)[: request.count]:
            idea = harvest.add(
                proposal, shown=request.sources, operators=("tuned model",), feedback=request.advice
            )
            if idea.text.title.casefold() in known:
                harvest.reject(idea, "the tuned model wrote an idea of this title before", surplus=True)
                continue
            known.add(idea.text.title.casefold())
            harvest.ideas[-1] = replace(idea, origin=replace(idea.origin, adapter=name))


def with_tuned(arms: Mapping[Family, Sequence[Arm]], tuned: Tuned | None) -> Mapping[Family, tuple[Arm, ...]]:
    """With a tuned model it is what the family of adapters writes with; without one the arm that waits for it
    is left out, for its share of the ideas would be lost.
    """
    found = {family: tuple(each) for family, each in arms.items()}
    if Family.ADAPTERS in found:
        own = found[Family.ADAPTERS]
        others = tuple(arm for arm in own if not isinstance(arm, AdapterArm))
        found[Family.ADAPTERS] = (AdapterArm(tuned=tuned),) if tuned else others or own
    return found
