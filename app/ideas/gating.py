"""The person at the gate of `atlas ideas run --gate STAGE`: asked on standard error, answers by input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from core.errors import StorageError, UserError

if TYPE_CHECKING:
    from ideation.families.agents.gate import Decision, Entry, Gate
    from ideation.idea import Idea, IdeaText
    from ideation.pipeline import Bench
    from ideation.ranking.standings import Standing

GATE_FILE = "gate.jsonl"
PERSON, NOBODY = "person", "unattended"
HELP = (
    "Enter accepts; v REASON vetoes; e PART: TEXT writes a part anew (then Enter); s TEXT steers later ideas;"
    " all accepts the rest"
)


@dataclass(slots=True, kw_only=True)
class TerminalDecider:
    """One idea at a time. Where the input ends, or after `all`, nobody is there any more: all is accepted."""

    told: Callable[[Idea], list[str]]
    say: Callable[[str], None]
    input: TextIO = field(default_factory=lambda: sys.stdin)
    gone: bool = False
    name: str = PERSON
    """Who took the last decision."""

    async def decide(self, stage: str, idea: Idea) -> Decision:
        from ideation.families.agents.gate import Act, Decision

        if self.gone:
            self.name = NOBODY
            return Decision()
        self.say("\n".join(("", f"[{stage}] {idea.origin.family}: {idea.origin.lever}", *_lines(idea.text))))
        self.say("\n".join((*self.told(idea), HELP)))
        text = idea.text
        while True:
            heard = self.input.readline()
            word, _, rest = heard.strip().partition(" ")
            self.gone = not heard or word == "all"
            if not word or self.gone:
                edited = text != idea.text
                self.name = PERSON if heard or edited else NOBODY
                return Decision(act=Act.EDIT, text=text) if edited else Decision()
            if word == "v":
                return Decision(act=Act.VETO, note=rest.strip())
            if word == "s" and rest.strip():
                return Decision(act=Act.STEER, note=rest.strip())
            changed = _edited(text, rest) if word == "e" else None
            if changed is None:
                self.say(f"That says nothing here. {HELP}")
            else:
                text = changed
                self.say("\n".join(_lines(text)))


def about(bench: Bench, idea: Idea) -> list[str]:
    """What the run has found out about the idea so far."""
    lines = [f"  rank {each.rank} ({each.rank_low} to {each.rank_high})" for each in _standing(bench, idea)]
    if found := bench.assessments.get(idea.id):
        lines += [f"  novelty of the {each.aspect}: {each.verdict}" for each in found.novelty.findings]
        lines += [f"  {item.need}: {item.answer}; {item.reason}" for item in found.feasibility.items]
    return lines


def _standing(bench: Bench, idea: Idea) -> list[Standing]:
    return [each for each in (bench.ranking.overall if bench.ranking else ()) if each.idea == idea.id]


def _lines(text: IdeaText) -> list[str]:
    return [f"  {name}: {said}" for name, said in text]


def _edited(text: IdeaText, said: str) -> IdeaText | None:
    part, colon, new = (each.strip() for each in said.partition(":"))
    if not colon or part not in text.__dataclass_fields__ or (not new and part == "title"):
        return None
    return replace(text, **{part: new})


def open_gate(
    names: tuple[str, ...],
    file: Path,
    seed: int,
    told: Callable[[Idea], list[str]],
    say: Callable[[str], None],
) -> Gate:
    """The gate at these stages. Acts stand in `file` as they are done; a run that goes on takes them again.

    Raises:
        UserError: there is no such stage, or the file is no log of a gate.
        StorageError: the file cannot be written.
    """
    from ideation.families.agents.gate import Gate, line, read_log
    from ideation.gating import parse_stages

    stages = parse_stages(names)
    if not stages:
        return Gate(stages=())
    try:
        known = read_log(file.read_text(encoding="utf-8")) if file.exists() else ()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}") from None
    except UserError as error:
        raise UserError(f"{file}, {error}") from None
    if known:
        say(f"note: {len(known)} acts of an earlier go are taken again; delete {file} to be asked anew")

    def keep(entry: Entry) -> None:
        if entry.by == NOBODY:
            return  # a later go asks again where nobody answered
        try:
            with file.open("a", encoding="utf-8") as log:
                log.write(line(entry))
        except OSError as error:
            raise StorageError(f"{file} cannot be written: {error.strerror}") from None

    decider = TerminalDecider(told=told, say=say)
    return Gate(decider, seed=seed, stages=stages, known=known, tell=keep)
