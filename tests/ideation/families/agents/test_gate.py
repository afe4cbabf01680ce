from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.families.agents.arms import ARMS
from ideation.families.agents.gate import Act, Decision, Entry, Gate, ScriptedDecider, read_log
from ideation.families.agents.group import GroupArm
from ideation.families.agents.topologies import Topology
from ideation.idea import Family, Idea, Origin, new_idea
from tests.ideation.families.agents.papers import ScriptedMuse, desk, text

ORIGIN = Origin(family=Family.AGENTS, lever="l", model="m")
IDEAS = tuple(new_idea(text(number), ORIGIN, seed=0, number=number) for number in range(4))


def decision(act: Act, idea: Idea) -> Decision:
    match act:
        case Act.EDIT:
            return Decision(act=act, text=replace(idea.text, title="another title altogether"), note="why")
        case Act.STEER:
            return Decision(act=act, note="look at islands")
        case _:
            return Decision(act=act, note="so")


async def test_4_9_unattended_accepts_everything_and_writes_it_down() -> None:
    gate = Gate()
    passed = await gate.hold("any stage", IDEAS)
    assert passed.ideas == IDEAS
    assert passed.vetoed == ()
    assert [(each.by, each.act, each.before) for each in gate.log] == [
        ("unattended", Act.ACCEPT, idea.id) for idea in IDEAS
    ]


@given(st.lists(st.sampled_from(Act), min_size=4, max_size=4), st.text(min_size=1, max_size=20))
async def test_4_9_every_act_is_logged_with_what_was_there_before_and_after(
    acts: list[Act], stage: str
) -> None:
    wanted = {idea.id: act for idea, act in zip(IDEAS, acts, strict=True)}
    gate = Gate(ScriptedDecider(rule=lambda _, idea: decision(wanted[idea.id], idea)))
    passed = await gate.hold(stage, IDEAS)
    assert [each.act for each in gate.log] == acts
    assert [each.number for each in gate.log] == [0, 1, 2, 3]
    assert len(passed.ideas) + len(passed.vetoed) == 4
    assert [each.after for each in gate.log if each.after] == [idea.id for idea in passed.ideas]
    for entry in gate.log:
        assert (entry.after == "") == (entry.act is Act.VETO)
        assert (entry.diff != "") == (entry.act is Act.EDIT)
        assert (entry.after == entry.before) == (entry.act in (Act.ACCEPT, Act.STEER))
    assert gate.steers == (("look at islands",) if Act.STEER in acts else ())
    lines = [json.loads(line) for line in gate.to_jsonl().splitlines()]
    assert [line["stage"] for line in lines] == [stage] * 4


def test_4_9_a_decision_says_what_it_needs_to() -> None:
    for wrong in ({"act": Act.EDIT}, {"act": Act.VETO, "text": text(1)}):
        with pytest.raises(ValueError, match="an edit has the new text"):
            Decision(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="where to"):
        Decision(act=Act.STEER, note=" ")


@pytest.mark.parametrize("arm", [*ARMS, GroupArm(topology=Topology.RING)], ids=lambda arm: arm.lever)
@pytest.mark.parametrize("act", list(Act))
async def test_4_9_every_arm_stops_at_the_gate_and_ends_whatever_is_decided_there(
    arm: GroupArm, act: Act
) -> None:
    gate = Gate(ScriptedDecider(rule=lambda _, idea: decision(act, idea)))
    muse = ScriptedMuse()
    made = await replace(arm, gate=gate).run(desk(muse), 3)
    assert {each.act for each in gate.log} == {act}
    if act is Act.VETO:
        assert made.ideas == ()
        assert len([each for each in made.rejected if "vetoed" in each.reason]) == len(gate.log)
    elif act is Act.EDIT:
        assert {idea.text.title for idea in made.ideas} == {"another title altogether"}
    else:
        assert len(made.ideas) == 3
    if act is Act.STEER and len(muse.proposed) > 4:
        assert "look at islands" in muse.proposed[-1].advice


@given(st.lists(st.sampled_from(Act), min_size=4, max_size=4), st.integers(0, 3))
async def test_4_9_acts_of_an_earlier_go_are_taken_again_and_only_new_ones_are_told(
    acts: list[Act], done: int
) -> None:
    wanted = {idea.id: act for idea, act in zip(IDEAS, acts, strict=True)}
    first = Gate(ScriptedDecider(rule=lambda _, idea: decision(wanted[idea.id], idea), name="Kim\u2028Lee"))
    await first.hold("written", IDEAS)
    text = first.to_jsonl()
    assert read_log(text) == first.log
    assert read_log(text + '{"torn": ') == first.log
    told: list[Entry] = []
    again = Gate(
        ScriptedDecider(rule=lambda _, idea: decision(wanted[idea.id], idea), name="Kim\u2028Lee"),
        stages=("written",),
        known=first.log[:done],
        tell=told.append,
    )
    await again.hold("written", IDEAS)
    assert again.log == first.log
    assert tuple(told) == first.log[done:]
    await again.hold("written", IDEAS)
    assert again.log == first.log, "nobody is asked twice"
    passed = await again.hold("elsewhere", IDEAS)
    assert passed.ideas == IDEAS
    assert again.log == first.log


@pytest.mark.parametrize("wrong", ["x", "{}", '{"act": "edit", "text": null}', "[1]"])
def test_4_9_what_is_no_log_of_a_gate_is_refused(wrong: str) -> None:
    with pytest.raises(UserError, match="line 1 is no act"):
        read_log(wrong + "\n")
