"""Questions of an incident: paths of its graph put into words, checked, and split in two halves."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.synthetic.entities import Identifier, NodeKind
from benchmarks.synthetic.graph import AlertPath
from benchmarks.synthetic.incident import GENERATOR_VERSION, Incident
from benchmarks.synthetic.products import Source, source_of
from benchmarks.synthetic.splits import choose_test
from benchmarks.synthetic.wording import (
    COMMAND_SHARE,
    DATED_SHARE,
    NAMED_SHARE,
    context,
    question,
    solution_step,
)
from benchmarks.task import GoldAnswer, Question, Split
from core.episode import Task, TaskId
from core.gold import Gold

SCOPE = "synthetic/soc"
TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A path in words, before it is known which half it belongs to."""

    path: AlertPath
    prompt: str
    answer: str
    flags: frozenset[str]


def incident_questions(incident: Incident, count: int) -> dict[Split, tuple[Question, ...]]:
    """At most `count` questions of an incident in two halves, no two with the same words.

    Each asks for a value that is alone of its kind at its alert, stands in a row of the tables, and does
    not stand in the question.
    """
    rng = random.Random(f"{GENERATOR_VERSION}/{incident.seed}/{incident.number}/questions")
    reach = Reach(incident)
    drafts: list[Draft] = []
    seen: set[str] = set()
    for path in _spread(incident.graph.paths(rng), rng):
        if len(drafts) == count:
            break
        if not reach.holds(incident.graph.entities[path.end_entity]):
            continue
        draft = _draft(incident, path, rng)
        if draft is not None and draft.prompt not in seen:
            seen.add(draft.prompt)
            drafts.append(draft)
    test = choose_test([draft.path.nodes for draft in drafts], seed=rng.randrange(2**32))
    halves: dict[Split, list[Question]] = {Split.TRAIN: [], Split.TEST: []}
    for index, draft in enumerate(drafts):
        split = Split.TEST if index in test else Split.TRAIN
        halves[split].append(_question(incident, draft, split))
    return {split: tuple(questions) for split, questions in halves.items()}


class Reach:
    """Tells whether a value can be read out of the tables at all."""

    def __init__(self, incident: Incident) -> None:
        rows = [row for table in incident.tables.values() for row in table]
        self._rows = ["\0".join(cell for cell in row if cell).lower() for row in rows]
        self._text = "\n".join(self._rows)

    def holds(self, identifier: Identifier) -> bool:
        """Whether one row holds the value; of a process, all three parts of it."""
        value = identifier.value.lower()
        if identifier.kind is not NodeKind.PROCESS:
            return value in self._text
        parts = value.split("__", 2)
        return any(all(part in row for part in parts) for row in self._rows)


def _spread(paths: Sequence[AlertPath], rng: random.Random) -> Iterator[AlertPath]:
    """The paths in an order that goes round the values asked for, so that no value has all the questions."""
    groups: dict[int, list[AlertPath]] = {}
    for path in rng.sample(paths, len(paths)):
        groups.setdefault(path.end_entity, []).append(path)
    for turn in range(max(map(len, groups.values()), default=0)):
        for group in groups.values():
            if turn < len(group):
                yield group[turn]


def _draft(incident: Incident, path: AlertPath, rng: random.Random) -> Draft | None:
    """The path in words that do not give the answer away; None if no try of five does."""
    graph = incident.graph
    answer = graph.entities[path.end_entity]
    start, end = graph.alerts[path.start].type, graph.alerts[path.end].type
    same = path.start == path.end
    command = answer.kind is NodeKind.PROCESS and rng.random() < COMMAND_SHARE
    for _ in range(TRIES):
        name = rng.random() < NAMED_SHARE
        dated = rng.random() < DATED_SHARE
        shown = _shown(incident, path, rng)
        told = context(rng, start, shown, incident.reported if dated else None)
        asked = question(rng, end, answer.kind, name=name, same=same, command=command)
        prompt = f"{told} {asked}"
        if not any(part in prompt.lower() for part in _secrets(answer)):
            flags = _flags(incident, path, "command" if command else answer.kind.name.lower())
            flags |= {"named"} if name and not same else set()
            return Draft(
                path=path,
                prompt=prompt,
                answer=answer.value.split("__", 2)[2] if command else answer.value,
                flags=frozenset(flags | ({"dated"} if dated else set())),
            )
    return None


def _secrets(answer: Identifier) -> tuple[str, ...]:
    """What must not stand in the prompt; of a process, its time and its command line each for itself."""
    value = answer.value.lower()
    return tuple(value.split("__", 2)[1:]) if answer.kind is NodeKind.PROCESS else (value,)


def _shown(incident: Incident, path: AlertPath, rng: random.Random) -> list[Identifier]:
    """Two to four start entities, fewer where there are fewer; one stands in the start alert's own row."""
    graph = incident.graph
    pool = rng.sample(path.start_entities, len(path.start_entities))
    pool.sort(key=lambda node: not graph.visible(path.start, node))
    first, rest = pool[0], pool[1:]
    chosen = [first, *rng.sample(rest, min(len(rest), rng.randrange(1, 4)))]
    return [graph.entities[node] for node in chosen]


def _flags(incident: Incident, path: AlertPath, asked: str) -> set[str]:
    graph = incident.graph
    kind = graph.entities[path.end_entity].kind
    flags = {f"hops_{len(path.nodes) // 2}", f"asks_{asked}"}
    source = source_of(graph.alerts[path.end].product, kind)
    if source is not Source.ALERT:
        flags.add(f"in_{source.value}")
    if path.start != path.end and path.end_entity in graph.neighbours(path.start):
        flags.add("adjacent")
    return flags


def _question(incident: Incident, draft: Draft, split: Split) -> Question:
    path = draft.path
    key = f"synthetic/{incident.seed}/{incident.number}/{split}/{path.start}-{path.end}"
    task = Task(
        id=TaskId(key),
        prompt=draft.prompt,
        scope=SCOPE,
        group=f"incident_{incident.number}",
    )
    gold = GoldAnswer(answer=draft.answer, solution=_solution(incident, path))
    return Question(task=task, gold=Gold(gold), flags=draft.flags)


def _solution(incident: Incident, path: AlertPath) -> tuple[str, ...]:
    """One sentence for each alert on the path: the entity that leads on, and the answer at the end."""
    graph = incident.graph
    alerts, links = path.nodes[::2], [*path.nodes[1::2], path.end_entity]
    return tuple(
        solution_step(graph.alerts[alert].type, graph.entities[link])
        for alert, link in zip(alerts, links, strict=True)
    )
