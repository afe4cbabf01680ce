"""The human gate: at any stage a person may accept, edit, veto or steer; unattended, everything is accepted.

Every act is written down with what was there before and after, so that it can be told later what a person
did and what the machine did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Protocol

from ideation.arm import Rejected
from ideation.idea import Idea, IdeaId, IdeaText, new_idea, text_diff


class Act(StrEnum):
    ACCEPT = "accept"
    EDIT = "edit"
    """The idea goes on in the person's words, as a child of what it was: no grade is inherited."""
    VETO = "veto"
    STEER = "steer"
    """The idea goes on as it is; what the person says goes into all later requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`text` is the new wording of an edit; `note` is the steer, or the reason.

    Raises:
        ValueError: an edit without its text, or a steer without its note.
    """

    act: Act = Act.ACCEPT
    text: IdeaText | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if (self.act is Act.EDIT) != (self.text is not None):
            raise ValueError("an edit has the new text, and nothing else has one")
        if self.act is Act.STEER and not self.note.strip():
            raise ValueError("a steer says where to")


class Decider(Protocol):
    """Who stands at the gate."""

    @property
    def name(self) -> str: ...

    async def decide(self, stage: str, idea: Idea) -> Decision: ...


@dataclass(frozen=True, slots=True)
class Unattended:
    """Nobody is there: everything passes."""

    name: str = "unattended"

    async def decide(self, stage: str, idea: Idea) -> Decision:
        return Decision()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedDecider:
    """Decides by a function of the stage and the idea; for tests and for standing orders."""

    rule: Callable[[str, Idea], Decision]
    name: str = "scripted"

    async def decide(self, stage: str, idea: Idea) -> Decision:
        return self.rule(stage, idea)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act. `after` is the id of what went on, empty after a veto; `diff` is what an edit changed."""

    number: int
    stage: str
    by: str
    act: Act
    before: IdeaId
    after: str
    note: str = ""
    diff: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """`ideas` went on, in their order; `vetoed` did not."""

    ideas: tuple[Idea, ...]
    vetoed: tuple[Rejected, ...]


class Gate:
    """One gate for a whole run: it keeps the log and what was steered."""

    def __init__(self, decider: Decider | None = None, *, seed: int = 0) -> None:
        self._decider: Decider = decider or Unattended()
        self._seed = seed
        self._log: list[Entry] = []

    @property
    def log(self) -> tuple[Entry, ...]:
        """Every act, the oldest first."""
        return tuple(self._log)

    @property
    def steers(self) -> tuple[str, ...]:
        """What later requests are to be told, each once."""
        return tuple(dict.fromkeys(each.note for each in self._log if each.act is Act.STEER))

    async def hold(self, stage: str, ideas: Sequence[Idea]) -> Passed:
        """Show the ideas one by one, at whatever stage they are."""
        kept: list[Idea] = []
        vetoed: list[Rejected] = []
        for idea in ideas:
            decision = await self._decider.decide(stage, idea)
            after = self._after(idea, decision)
            self._log.append(
                Entry(
                    number=len(self._log),
                    stage=stage,
                    by=self._decider.name,
                    act=decision.act,
                    before=idea.id,
                    after=after.id if after else "",
                    note=decision.note,
                    diff=text_diff(idea.text, decision.text) if decision.text else "",
                )
            )
            if after:
                kept.append(after)
            else:
                reason = f"vetoed at {stage} by {self._decider.name}: {decision.note or 'no reason given'}"
                vetoed.append(Rejected(text=idea.text, lever=idea.origin.lever, reason=reason, idea=idea))
        return Passed(ideas=tuple(kept), vetoed=tuple(vetoed))

    def to_jsonl(self) -> str:
        return "".join(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in self._log)

    def _after(self, idea: Idea, decision: Decision) -> Idea | None:
        if decision.act is Act.VETO:
            return None
        if decision.text is None:
            return idea
        origin = replace(
            idea.origin,
            operators=(*idea.origin.operators, f"edited by {self._decider.name}"),
            feedback=(*idea.origin.feedback, *((decision.note,) if decision.note else ())),
        )
        number = len(self._log)
        return new_idea(
            decision.text, origin, seed=self._seed, number=number, parents=(idea,), round=idea.round + 1
        )
