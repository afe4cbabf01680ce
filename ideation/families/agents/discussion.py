"""One group at work: diverge apart, discuss in a fixed number of rounds, converge by who holds what.

The three phases are those of LLM Discussion (arXiv 2405.06373); the rounds are bounded and the first
positions are taken before anybody hears anybody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from ideation.arm import Desk, Harvest
from ideation.families.agents.gate import Gate
from ideation.families.agents.isolation import Writing
from ideation.families.agents.panel import LOW
from ideation.families.agents.positions import Conformity, Position, conformity, position, supporters
from ideation.idea import Idea, IdeaText
from ideation.muse import Grade, Proposed, ProposeRequest, ReviewRequest, ReviseRequest, Source
from ideation.wordings import criterion

PROMISE = criterion("group: promise", "promise: valid and testable")
DIVERGE, DISCUSS, CONVERGE = "group: diverge", "group: discuss", "group: converge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """`number` is its place in the group, `hears` whom it hears, `sources` what it has read."""

    number: int
    persona: str
    hears: tuple[int, ...]
    sources: tuple[Source, ...]


@dataclass(slots=True, kw_only=True)
class Session:
    """The state of one group. `slots` has the idea of each agent as it stands, None where it has none."""

    desk: Desk
    harvest: Harvest
    gate: Gate
    agents: tuple[Agent, ...]
    seed: int
    slots: list[Idea | None] = field(default_factory=list)
    held: list[Position] = field(default_factory=list)
    conformity: Conformity = field(default_factory=lambda: Conformity(changed=0, toward=0))
    writings: list[Writing] = field(default_factory=list)
    _grades: dict[tuple[int, int], Grade] = field(default_factory=dict)

    async def diverge(self, each: int, said: dict[int, tuple[str, ...]]) -> list[Idea]:
        """Every agent writes `each` ideas and is shown nobody's but, in `said`, titles of its own.

        The ideas come back by turns: the first of every agent, then the second.
        """
        requests = [self._request(agent, each, said.get(agent.number, ())) for agent in self.agents]
        found = await self.desk.gather(DIVERGE, [self._writing(request) for request in requests])
        rows: list[list[Idea]] = []
        for agent, request, proposed in zip(self.agents, requests, found, strict=True):
            proposals = self.desk.count_faults(DIVERGE, proposed)[:each] if proposed else ()
            texts = tuple(proposal.text for proposal in proposals)
            self.writings.append(Writing(agent=agent.number, request=request, ideas=texts))
            rows.append(
                [
                    self.harvest.add(
                        proposal,
                        shown=agent.sources,
                        persona=agent.persona,
                        operators=("diverge",),
                        feedback=request.advice,
                    )
                    for proposal in proposals
                ]
            )
        turns = [row[turn] for turn in range(each) for row in rows if turn < len(row)]
        kept = {idea.id: await self._gated("diverged", idea) for idea in turns}
        self.slots = [kept[row[0].id] if row else None for row in rows]
        self.held = [None] * len(self.agents)
        return [idea for idea in kept.values() if idea is not None]

    async def take_positions(self) -> None:
        """Before anybody speaks: each grades its own idea and those it will hear of, and holds the best."""
        await self._grade(said=False)
        self.held = self._positions()

    async def discuss(self, round: int) -> None:
        """One round: authors mend what was found weak, then everybody grades anew, knowing what was said."""
        await self._mend(round)
        await self._grade(said=True)
        held = self._positions()
        self.conformity += conformity(self.held, held)
        self.held = held

    async def converge(self) -> list[Idea]:
        """The ideas, those with most supporters first, then those with the better grades."""
        votes = supporters(self.held, len(self.slots))
        means = [self._mean(place) for place in range(len(self.slots))]
        order = sorted(range(len(self.slots)), key=lambda place: (-votes[place], -means[place], place))
        found = [
            await self._gated("converged", idea) for place in order if (idea := self.slots[place]) is not None
        ]
        return [idea for idea in found if idea is not None]

    def _request(self, agent: Agent, count: int, said: tuple[str, ...]) -> ProposeRequest:
        return ProposeRequest(
            topic=self.desk.topic,
            count=count,
            sources=agent.sources,
            persona=agent.persona,
            said=said,
            advice=tuple(dict.fromkeys((*self.desk.advice, *self.gate.steers))),
            notes=self.desk.notes,
            seed=self.seed * len(self.agents) + agent.number,
        )

    def _writing(self, request: ProposeRequest) -> Callable[[], Awaitable[Proposed]]:
        return lambda: self.desk.muse.propose(request)

    async def _grade(self, *, said: bool) -> None:
        asked = [
            (agent, place, idea)
            for agent in self.agents
            for place in sorted({agent.number, *agent.hears})
            if (idea := self.slots[place]) is not None
        ]
        works = [self._grading(agent, place, idea, said=said) for agent, place, idea in asked]
        found = await self.desk.gather(DISCUSS, works)
        for (agent, place, _), grade in zip(asked, found, strict=True):
            self._grades.pop((agent.number, place), None)
            if grade is not None:
                self._grades[agent.number, place] = grade

    def _grading(self, agent: Agent, place: int, idea: Idea, *, said: bool) -> Callable[[], Awaitable[Grade]]:
        request = ReviewRequest(
            topic=self.desk.topic,
            idea=idea.text,
            criterion=PROMISE,
            persona=agent.persona,
            said=self._heard(agent, place) if said else (),
            seed=self.seed * len(self.agents) + agent.number,
        )
        return lambda: self.desk.muse.grade(request)

    def _heard(self, agent: Agent, place: int) -> tuple[str, ...]:
        """What those that the agent hears said of an idea: their grade and why, and whether they hold it."""
        grades = ((other, self._grades.get((other, place))) for other in agent.hears)
        return tuple(
            f"{grade.score} of 5. {grade.reason}" + (" I would take this one." * (self.held[other] == place))
            for other, grade in grades
            if grade is not None and grade.score is not None
        )

    def _positions(self) -> list[Position]:
        return [
            position(
                {
                    place: grade.score
                    for (number, place), grade in self._grades.items()
                    if number == agent.number and grade.score is not None and self.slots[place] is not None
                },
                self.held[agent.number],
                agent.number,
            )
            for agent in self.agents
        ]

    async def _mend(self, round: int) -> None:
        asked = [
            (agent, idea, weak)
            for agent in self.agents
            if (idea := self.slots[agent.number]) is not None and (weak := self._weaknesses(agent))
        ]
        works = [self._revision(agent, idea, weak, round) for agent, idea, weak in asked]
        for (agent, idea, weak), text in zip(asked, await self.desk.gather(DISCUSS, works), strict=True):
            if text is None or text == idea.text:
                continue
            child = self.harvest.rewritten(idea, text, operator="discuss", feedback=weak)
            self.harvest.reject(idea, f"written again after the discussion, as {child.id}")
            self.slots[agent.number] = child

    def _weaknesses(self, agent: Agent) -> tuple[str, ...]:
        """What those it hears find low in its idea."""
        grades = (self._grades.get((other, agent.number)) for other in agent.hears)
        low = (each for each in grades if each is not None and each.score is not None and each.score <= LOW)
        return tuple(dict.fromkeys(each.reason for each in low if each.reason.strip()))

    def _revision(
        self, agent: Agent, idea: Idea, weak: Sequence[str], round: int
    ) -> Callable[[], Awaitable[IdeaText]]:
        request = ReviseRequest(
            topic=self.desk.topic,
            idea=idea.text,
            weaknesses=tuple(weak),
            sources=agent.sources,
            seed=(self.seed + round) * len(self.agents) + agent.number,
        )
        return lambda: self.desk.muse.revise(request)

    def _mean(self, place: int) -> float:
        scores = [
            grade.score for (_, at), grade in self._grades.items() if at == place and grade.score is not None
        ]
        return sum(scores) / len(scores) if scores else 0.0

    async def _gated(self, stage: str, idea: Idea) -> Idea | None:
        """The idea as the gate lets it through; what it does not stands among the rejected."""
        passed = await self.gate.hold(stage, [idea])
        after = passed.ideas[0] if passed.ideas else None
        at = self.harvest.ideas.index(idea)
        self.harvest.ideas[at : at + 1] = passed.ideas
        self.harvest.rejected.extend(passed.vetoed)
        return after
