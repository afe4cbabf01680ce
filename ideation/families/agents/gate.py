"""The human gate: at any stage a person may accept, edit, veto or steer; unattended, everything is accepted.

Every act is written down with what was there before and after, so that it can be told later what a person
did and what the machine did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Protocol

from core.errors import UserError
from core.jsonl import numbered_lines
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
    """One act. `after` is the id of what went on, empty after a veto; `diff` is what an edit changed, `text`
    its whole wording.
    """

    number: int
    stage: str
    by: str
    act: Act
    before: IdeaId
    after: str
    note: str = ""
    diff: str = ""
    text: IdeaText | None = None

    @property
    def decision(self) -> Decision:
        return Decision(act=self.act, text=self.text, note=self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """`ideas` went on, in their order; `vetoed` did not."""

    ideas: tuple[Idea, ...]
    vetoed: tuple[Rejected, ...]


class Gate:
    """One gate for a whole run: it keeps the log and what was steered.

    It stands at `stages`, or at every stage where they are None. Nobody is asked twice about one idea at one
    stage. Acts of an earlier go (`known`) are taken again, and `tell` hears of each new one as it is done.
    """

    def __init__(
        self,
        decider: Decider | None = None,
        *,
        seed: int = 0,
        stages: Collection[str] | None = None,
        known: Iterable[Entry] = (),
        tell: Callable[[Entry], None] | None = None,
    ) -> None:
        self._decider: Decider = decider or Unattended()
        self._seed, self._stages, self._tell = seed, stages, tell
        self._known = {(each.stage, each.before): each for each in known}
        self._log: list[Entry] = []
        self._passed: dict[tuple[str, IdeaId], Idea | Rejected] = {}

    @property
    def log(self) -> tuple[Entry, ...]:
        """Every act, the oldest first."""
        return tuple(self._log)

    @property
    def steers(self) -> tuple[str, ...]:
        """What later requests are to be told, each once."""
        return tuple(dict.fromkeys(each.note for each in self._log if each.act is Act.STEER))

    def stands_at(self, stage: str) -> bool:
        return self._stages is None or stage in self._stages

    async def hold(self, stage: str, ideas: Sequence[Idea]) -> Passed:
        """Show the ideas one by one, at whatever stage they are."""
        if not self.stands_at(stage):
            return Passed(ideas=tuple(ideas), vetoed=())
        kept: list[Idea] = []
        vetoed: list[Rejected] = []
        for idea in ideas:
            after = self._passed.get((stage, idea.id))
            if after is None:
                after = self._passed[stage, idea.id] = await self._one(stage, idea)
            if isinstance(after, Rejected):
                vetoed.append(after)
            else:
                kept.append(after if after.id != idea.id else idea)
        return Passed(ideas=tuple(kept), vetoed=tuple(vetoed))

    def to_jsonl(self) -> str:
        return "".join(map(line, self._log))

    async def _one(self, stage: str, idea: Idea) -> Idea | Rejected:
        known = self._known.get((stage, idea.id))
        decision = known.decision if known else await self._decider.decide(stage, idea)
        by = known.by if known else self._decider.name
        after = self._after(stage, idea, decision, by)
        entry = Entry(
            number=len(self._log),
            stage=stage,
            by=by,
            act=decision.act,
            before=idea.id,
            after="" if isinstance(after, Rejected) else after.id,
            note=decision.note,
            diff=text_diff(idea.text, decision.text) if decision.text else "",
            text=decision.text,
        )
        self._log.append(entry)
        if self._tell is not None and known is None:
            self._tell(entry)
        return after

    def _after(self, stage: str, idea: Idea, decision: Decision, by: str) -> Idea | Rejected:
        if decision.act is Act.VETO:
            reason = f"vetoed at {stage} by {by}: {decision.note or 'no reason given'}"
            return Rejected(text=idea.text, lever=idea.origin.lever, reason=reason, idea=idea)
        if decision.text is None:
            return idea
        origin = replace(
            idea.origin,
            operators=(*idea.origin.operators, f"edited by {by}"),
            feedback=(*idea.origin.feedback, *((decision.note,) if decision.note else ())),
        )
        number = len(self._log)
        return new_idea(
            decision.text, origin, seed=self._seed, number=number, parents=(idea,), round=idea.round + 1
        )


def line(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False) + "\n"


def read_log(text: str) -> tuple[Entry, ...]:
    """What `line` wrote; the last line is dropped where a kill cut it short.

    Raises:
        UserError: it is no log of a gate.
    """
    found = []
    for number, each in numbered_lines(text[: text.rfind("\n") + 1]):
        try:
            raw = json.loads(each)
            said = IdeaText(**raw.pop("text")) if raw["text"] else raw.pop("text")
            entry = Entry(**{**raw, "act": Act(raw["act"]), "text": said})
            entry.decision  # noqa: B018 (an edit without its text is found here)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UserError(f"line {number} is no act at a gate ({error}): delete the file") from None
        found.append(entry)
    return tuple(found)
