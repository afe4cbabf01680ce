"""The arm of groups: nominal, star, ring, complete or one alone, by one flag."""

from __future__ import annotations

import random
from dataclasses import dataclass

from core.errors import LimitReached
from ideation.arm import Desk, Harvest, Produced
from ideation.families.agents.discussion import Agent, Session
from ideation.families.agents.gate import Gate
from ideation.families.agents.isolation import Writing, leaks
from ideation.families.agents.positions import Conformity
from ideation.families.agents.roles import ROLES
from ideation.families.agents.topologies import Topology, heard_by
from ideation.idea import Family, Idea
from ideation.muse import Source

MOST_EACH = 5
"""Ideas asked of an agent in one call."""
_TALKING = frozenset({Topology.STAR, Topology.RING, Topology.COMPLETE})


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupArm:
    """Groups of `agents` write apart; where the topology lets them talk, they discuss `rounds` rounds.

    A talking agent brings one idea to a group, one that talks to nobody as many as are needed. `shown` papers
    of the `found` best are drawn for each agent. Measures: `isolation_leaks` (0 is the proof that nobody was
    shown another's idea while writing), `requests_checked`, `positions_changed`, `positions_conforming`,
    `conformity_rate` where somebody changed, `sessions`.
    """

    topology: Topology = Topology.NOMINAL
    agents: int = 4
    rounds: int = 2
    shown: int = 6
    found: int = 20
    gate: Gate | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.agents <= len(ROLES) or self.rounds < 0:
            raise ValueError(f"a group has 1 to {len(ROLES)} agents, and 0 rounds or more")

    @property
    def family(self) -> Family:
        return Family.AGENTS

    @property
    def lever(self) -> str:
        names = {Topology.NOMINAL: "nominal_group", Topology.SOLO: "one_agent"}
        return names.get(self.topology, f"debate_{self.topology}")

    async def run(self, desk: Desk, wanted: int) -> Produced:
        """At most `wanted` ideas from at most as many sessions: a session without an idea ends it."""
        harvest, gate = Harvest(arm=self, desk=desk), self.gate or Gate(seed=desk.seed)
        papers = desk.library.search(desk.topic, self.found)
        sessions: list[Session] = []
        stopped = ""
        try:
            while len(harvest.ideas) < wanted and len(sessions) < wanted:
                before = len(harvest.ideas)
                session = Session(
                    desk=desk,
                    harvest=harvest,
                    gate=gate,
                    agents=self._agents(desk, papers, len(sessions)),
                    seed=desk.seed + len(sessions),
                )
                said = _own_titles(sessions)
                sessions.append(session)
                await self._work(session, wanted - before, said)
                _drop_repeats(harvest)
                if not _says_something_new(session, said):
                    stopped = "a whole group wrote nothing new"
                    break
        except LimitReached as limit:
            stopped = str(limit)
        _drop_repeats(harvest)
        for idea in harvest.ideas[wanted:]:
            harvest.reject(idea, "more than were wanted; the group held others to be better", surplus=True)
        return harvest.produced(measures=_measures(sessions), stopped=stopped)

    async def _work(self, session: Session, missing: int, said: dict[int, tuple[str, ...]]) -> None:
        talking = self.topology in _TALKING and self.rounds > 0 and len(session.agents) > 1
        each = 1 if talking else min(MOST_EACH, -(-missing // len(session.agents)))
        earlier = list(session.harvest.ideas)
        try:
            ideas = await session.diverge(each, said)
            if talking:
                await session.take_positions()
                for round in range(1, self.rounds + 1):
                    await session.discuss(round)
                ideas = await session.converge()
        except LimitReached:
            _set_order(session.harvest.ideas, [*earlier, *(each for each in session.slots if each)])
            raise
        _set_order(session.harvest.ideas, [*earlier, *ideas])

    def _agents(self, desk: Desk, papers: tuple[Source, ...], session: int) -> tuple[Agent, ...]:
        """Each with its own role and its own draw of papers; every other group begins with another role."""
        hearing = heard_by(self.topology, self.agents)
        agents = []
        for number, hears in enumerate(hearing):
            chance = random.Random(f"{desk.seed}|{session}|{number}")
            drawn = tuple(chance.sample(papers, min(self.shown, len(papers))))
            persona = ROLES[(number + session * len(hearing)) % len(ROLES)]
            agents.append(Agent(number=number, persona=persona, hears=hears, sources=drawn))
        return tuple(agents)


def _own_titles(sessions: list[Session]) -> dict[int, tuple[str, ...]]:
    """What each agent wrote in earlier sessions: the only ideas it may be reminded of."""
    found: dict[int, tuple[str, ...]] = {}
    for session in sessions:
        for writing in session.writings:
            titles = tuple(idea.title for idea in writing.ideas)
            found[writing.agent] = (*found.get(writing.agent, ()), *titles)
    return found


def _says_something_new(session: Session, said: dict[int, tuple[str, ...]]) -> bool:
    known = {title.casefold() for titles in said.values() for title in titles}
    return any(idea.title.casefold() not in known for each in session.writings for idea in each.ideas)


def _drop_repeats(harvest: Harvest) -> None:
    """In the pool each title stands once: who wrote apart may have written the same."""
    seen: set[str] = set()
    for idea in list(harvest.ideas):
        title = idea.text.title.casefold()
        if title in seen:
            harvest.reject(idea, "the pool has an idea of this title already", surplus=True)
        seen.add(title)


def _set_order(ideas: list[Idea], order: list[Idea]) -> None:
    """Those in `order` first and in that order; none is lost."""
    places = {idea.id: place for place, idea in enumerate(order)}
    ideas.sort(key=lambda idea: places.get(idea.id, len(places)))


def _measures(sessions: list[Session]) -> dict[str, float]:
    writings: list[Writing] = [each for session in sessions for each in session.writings]
    total = sum((session.conformity for session in sessions), Conformity(changed=0, toward=0))
    measures = {
        "sessions": float(len(sessions)),
        "requests_checked": float(len(writings)),
        "isolation_leaks": float(len(leaks(writings))),
        "positions_changed": float(total.changed),
        "positions_conforming": float(total.toward),
    }
    if total.rate is not None:
        measures["conformity_rate"] = total.rate
    return measures
