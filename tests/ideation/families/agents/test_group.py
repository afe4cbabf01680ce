from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chat import ChatReply, ChatRequest
from core.models.scripted import ScriptedModel
from ideation.families.agents.arms import ARMS
from ideation.families.agents.group import GroupArm
from ideation.families.agents.isolation import Writing, leaks
from ideation.families.agents.topologies import Topology, heard_by
from ideation.idea import Family
from ideation.muse import ProposeRequest, ReviewRequest, Source
from ideation.muses.llm import LlmMuse
from tests.ideation.families.agents.papers import ADVERSARIES, TOPIC, ScriptedMuse, Shelf, desk, text

TALKING = (Topology.STAR, Topology.RING, Topology.COMPLETE)


def numbered_model() -> ScriptedModel:
    """A chat model whose every idea is another, and recognisable."""
    count = 0

    def answer(request: ChatRequest) -> ChatReply:
        nonlocal count
        if request.schema_name == "grade":
            return ChatReply(text=json.dumps({"reason": "plain enough", "score": 3}))
        ideas = []
        for _ in range(3):
            count += 1
            parts = dict(text(count))
            ideas.append(
                {**parts, "dropped": "", "consequence": "", "thoughts": "", "papers": [], "probability": None}
            )
        return ChatReply(text=json.dumps({"ideas": ideas}))

    return ScriptedModel(answer)


@pytest.mark.parametrize("topology", list(Topology))
async def test_4_1_agents_write_without_seeing_each_other_and_the_prompts_prove_it(
    topology: Topology,
) -> None:
    model = numbered_model()
    arm = GroupArm(topology=topology, rounds=0)
    made = await arm.run(desk(LlmMuse(model)), 9)
    assert made.measures["isolation_leaks"] == 0
    assert (
        made.measures["requests_checked"]
        == (1 if topology is Topology.SOLO else 4) * made.measures["sessions"]
    )
    prompts = [request.messages[0].content for request in model.requests if request.schema_name == "ideas"]
    for place, prompt in enumerate(prompts):
        others = [each for at, each in enumerate(prompts) if at != place]
        assert not any(idea.text.mechanism in prompt for idea in made.ideas)
        if topology is not Topology.SOLO:
            persona = prompt.split("You are ")[1].split(". Think")[0]
            assert sum(persona in other for other in others[:3]) == 0
    assert len(made.ideas) == 9


def test_4_1_a_leak_is_found_wherever_it_stands() -> None:
    mine, theirs = text(1), text(2)
    first = Writing(agent=0, request=ProposeRequest(topic=TOPIC), ideas=(mine,))
    places = (
        {"said": (mine.title,)},
        {"parents": (mine,)},
        {"notes": f"somebody said: {mine.mechanism.upper()}"},
        {"advice": (f"do not {mine.problem}",)},
        {"sources": (Source(paper="p", title="t", abstract=mine.whole),)},  # type: ignore[arg-type]
    )
    for place in places:
        request = ProposeRequest(topic=TOPIC, **place)  # type: ignore[arg-type]
        found = leaks([first, Writing(agent=1, request=request, ideas=(theirs,))])
        assert found, place
        assert {(leak.reader, leak.writer) for leak in found} == {(1, 0)}
    assert (
        leaks([first, Writing(agent=0, request=ProposeRequest(topic=TOPIC, said=(mine.title,)), ideas=())])
        == ()
    )


def test_4_1_what_both_had_from_a_paper_or_wrote_themselves_is_no_leak() -> None:
    mine = text(1)
    request = ProposeRequest(topic=TOPIC, notes=mine.mechanism)
    both = [Writing(agent=at, request=request, ideas=(replace(mine, title=f"t{at}"),)) for at in (0, 1)]
    assert leaks(both) == ()


@given(st.sampled_from(Topology), st.integers(1, 8))
def test_4_3_topologies_say_who_hears_whom(topology: Topology, agents: int) -> None:
    hearing = heard_by(topology, agents)
    assert len(hearing) == (1 if topology is Topology.SOLO else agents)
    links = {(each, other) for each, heard in enumerate(hearing) for other in heard}
    assert all(each != other for each, other in links)
    assert links == {(other, each) for each, other in links}
    counts = {
        Topology.SOLO: 0,
        Topology.NOMINAL: 0,
        Topology.STAR: 2 * (agents - 1),
        Topology.RING: 2 * agents if agents > 2 else 2 * (agents - 1),
        Topology.COMPLETE: agents * (agents - 1),
    }
    assert len(links) == counts[topology]
    if topology is Topology.STAR:
        assert all(0 in link for link in links)


@pytest.mark.parametrize("topology", list(Topology))
async def test_4_3_one_flag_runs_every_topology_and_only_neighbours_are_heard(topology: Topology) -> None:
    muse = ScriptedMuse(grade=lambda request: 2)
    made = await GroupArm(topology=topology, rounds=1).run(desk(muse), 4)
    assert len(made.ideas) == 4
    talked = {(request.persona, request.idea.title) for request in muse.graded}
    links = sum(map(len, heard_by(topology, 4)))
    if topology in TALKING:
        assert len(talked) == 4 + links
        assert len(muse.revised) == 4
        assert all(idea.parents for idea in made.ideas)
    else:
        assert not muse.graded
        assert not muse.revised
    assert {idea.family for idea in made.ideas} == {Family.AGENTS}


async def test_4_2_positions_come_before_talk_and_the_rounds_are_fixed() -> None:
    muse = ScriptedMuse(grade=lambda _: 5)
    made = await GroupArm(topology=Topology.COMPLETE, rounds=2).run(desk(muse), 4)
    assert len(muse.graded) == 3 * 16
    assert all(request.said == () for request in muse.graded[:16])
    assert all(request.said for request in muse.graded[16:])
    assert made.measures["positions_changed"] == 0
    assert "conformity_rate" not in made.measures


def yielding(request: ReviewRequest) -> int:
    """Prefers its own trade's idea until it hears that others would take another."""
    if any("would take" in line for line in request.said):
        return 5
    return 4 if "number 1 " in request.idea.title else 2


async def test_4_2_a_group_that_gives_way_has_a_conformity_rate() -> None:
    def stubborn(request: ReviewRequest) -> int:
        own = {"experimentalist": 1, "theorist": 2, "engineer": 3, "practitioner": 4}
        mine = next(number for word, number in own.items() if word in request.persona)
        if request.said:  # after talk, all turn to the first idea
            return 5 if "number 1 " in request.idea.title else 1
        return 5 if f"number {1 if mine == 4 else mine} " in request.idea.title else 1

    made = await GroupArm(topology=Topology.COMPLETE, rounds=1).run(desk(ScriptedMuse(grade=stubborn)), 4)
    assert made.measures["positions_changed"] == 2
    assert made.measures["positions_conforming"] == 2
    assert made.measures["conformity_rate"] == 1.0
    assert "number 1 " in made.ideas[0].text.title


async def test_4_2_the_idea_that_most_hold_comes_first_and_what_was_rewritten_leaves_a_trace() -> None:
    made = await GroupArm(topology=Topology.STAR, rounds=2).run(desk(ScriptedMuse(grade=yielding)), 4)
    assert len(made.ideas) == 4
    assert "number 1 " in made.ideas[0].text.title
    for idea in made.ideas:
        assert not idea.parents or idea.origin.operators[-1] == "discuss"
        assert not idea.parents or idea.origin.feedback
    rewritten = [each for each in made.rejected if "written again" in each.reason]
    assert len(rewritten) == sum(idea.round for idea in made.ideas)


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.lever)
async def test_every_arm_runs_offline_and_the_same_seed_gives_the_same(arm: GroupArm) -> None:
    first, again, other = [await arm.run(desk(seed=seed), 7) for seed in (1, 1, 2)]
    assert first == again
    assert first != other
    assert len(first.ideas) == 7
    assert len({idea.id for idea in first.ideas}) == len({idea.text.title for idea in first.ideas}) == 7
    assert {idea.origin.lever for idea in first.ideas} == {arm.lever}


@pytest.mark.parametrize("name", list(ADVERSARIES))
@pytest.mark.parametrize(
    "arm", [*ARMS, *(GroupArm(topology=each) for each in Topology)], ids=lambda arm: arm.lever
)
async def test_10_10_every_arm_ends_against_a_muse_that_is_against_it(arm: GroupArm, name: str) -> None:
    at = desk(ADVERSARIES[name](), calls=10_000)
    made = await arm.run(at, 6)
    assert at.calls.made < 500
    assert len(made.ideas) <= (1 if name == "same" else 0)
    assert name == "same" or made.stopped
    assert name == "same" or at.ledger.failures


@settings(max_examples=40)
@given(st.integers(0, 60), st.sampled_from(ARMS), st.integers(1, 6))
async def test_10_10_a_spent_budget_ends_it_with_what_there_is(
    calls: int, arm: GroupArm, wanted: int
) -> None:
    at = desk(calls=calls)
    made = await arm.run(at, wanted)
    assert at.calls.made <= calls
    assert len(made.ideas) <= wanted
    assert made.stopped or len(made.ideas) == wanted
    titles = [idea.text.title for idea in made.ideas]
    assert len(set(titles)) == len(titles)
    known = {idea.id for idea in made.ideas}
    assert not any(set(idea.parents) & known for idea in made.ideas), "an idea and its own earlier version"


async def test_the_notes_and_what_was_learned_before_reach_every_writer() -> None:
    for arm in ARMS:
        muse = ScriptedMuse()
        await arm.run(desk(muse, notes="we own a pump", advice=("name a baseline",)), 2)
        assert all(request.notes == "we own a pump" for request in muse.proposed)
        assert all("name a baseline" in request.advice for request in muse.proposed)


def test_a_group_has_bounds() -> None:
    for wrong in ({"agents": 0}, {"agents": 99}, {"rounds": -1}):
        with pytest.raises(ValueError, match="a group has"):
            GroupArm(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs an agent"):
        heard_by(Topology.RING, 0)


class Bare(Shelf):
    """A library without a paper."""

    def __init__(self) -> None:
        super().__init__(())


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.lever)
async def test_without_a_paper_every_arm_still_runs_and_says_that_it_had_none(arm: GroupArm) -> None:
    made = await arm.run(desk(ScriptedMuse(), library=Bare()), 3)
    assert len(made.ideas) == 3
    assert all(idea.origin.without_papers and not idea.origin.papers for idea in made.ideas)
