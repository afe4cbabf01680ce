"""Where a person may look in: after ideas were written, checked or ranked, and in arms of several agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from core.errors import UserError
from ideation.arm import Arm, Rejected
from ideation.families.agents.gate import Entry, Gate
from ideation.families.agents.group import GroupArm
from ideation.families.agents.supervisor import SupervisorArm
from ideation.idea import Family, Idea, IdeaId


class Stage(StrEnum):
    """`written`, `checked` and `ranked` are the run's, the others those of arms with several agents."""

    WRITTEN = "written"
    CHECKED = "checked"
    RANKED = "ranked"
    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    DIVERGED = "diverged"
    CONVERGED = "converged"


@dataclass(slots=True, kw_only=True)
class GateDesk:
    """The gate of a run, and what became of the ideas that were shown there."""

    gate: Gate = field(default_factory=lambda: Gate(stages=()))
    after: dict[IdeaId, Idea | None] = field(default_factory=dict)
    """By the id of what was shown: what went on in its place; None after a veto."""
    given_up: dict[IdeaId, str] = field(default_factory=dict)
    vetoed: list[Rejected] = field(default_factory=list)

    @property
    def acts(self) -> tuple[Entry, ...]:
        return self.gate.log

    def now(self, idea: Idea) -> Idea | None:
        """The idea as a person left it."""
        seen: set[IdeaId] = set()
        while idea.id in self.after and idea.id not in seen:
            seen.add(idea.id)
            later = self.after[idea.id]
            if later is None or later.id == idea.id:
                return None if later is None else idea
            idea = later
        return idea

    async def show(self, stage: Stage, ideas: Sequence[Idea]) -> list[Idea]:
        """Those that go on, in their order."""
        kept: list[Idea] = []
        for idea in ideas:
            passed = await self.gate.hold(stage, [idea])
            later = passed.ideas[0] if passed.ideas else None
            self.after[idea.id] = later
            if later is None:
                self.given_up[idea.id] = passed.vetoed[0].reason
                self.vetoed += [each for each in passed.vetoed if each not in self.vetoed]
            else:
                kept.append(later)
                if later.id != idea.id:
                    self.given_up[idea.id] = f"went on in a person's words as {later.id}"
        return kept


def parse_stages(names: Sequence[str]) -> tuple[Stage, ...]:
    """Each once, in the order of the stages; `all` is every one.

    Raises:
        UserError: there is no such stage.
    """
    if "all" in names:
        return tuple(Stage)
    if unknown := [name for name in names if name not in set(Stage)]:
        raise UserError(f"no stage {unknown[0]!r} has a gate: choose all, or of {', '.join(Stage)}")
    return tuple(stage for stage in Stage if stage.value in names)


def with_gate(arms: Mapping[Family, Sequence[Arm]], gate: Gate) -> Mapping[Family, tuple[Arm, ...]]:
    """The arms with several agents hold their ideas at the run's gate, not at one of their own."""
    return {
        family: tuple(
            replace(arm, gate=gate) if isinstance(arm, GroupArm | SupervisorArm) else arm for arm in found
        )
        for family, found in arms.items()
    }
