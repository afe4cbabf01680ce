"""A person looks in at the stages of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import UserError
from ideation.arm import Desk, Produced
from ideation.families.agents.gate import Act, Decision, Gate, ScriptedDecider
from ideation.gating import GateDesk, Stage, parse_stages, with_gate
from ideation.idea import Family, Idea
from ideation.pipeline import Bench
from ideation.report.record import RunRecord
from tests.ideation.benches import SMALL, bench, made, open_corpus

PLAN = replace(SMALL, families=(Family.STEERING, Family.AGENTS), comparisons=20)


def held(decider: ScriptedDecider, *stages: Stage) -> tuple[Bench, RunRecord]:
    gate = Gate(decider, stages=stages)
    with open_corpus() as corpus:
        ready = bench(corpus, PLAN)
        ready.people = GateDesk(gate=gate)
        ready.generator.gate = gate
        ready.generator.arms = with_gate(ready.generator.arms, gate)
        return ready, made(ready)


def test_4_9_what_is_vetoed_is_written_anew_until_there_are_enough() -> None:
    vetoed: list[str] = []

    def rule(stage: str, idea: Idea) -> Decision:
        if len(vetoed) < PLAN.count:  # all of the first round
            vetoed.append(idea.id)
            return Decision(act=Act.VETO, note="not this")
        return Decision()

    ready, record = held(ScriptedDecider(rule=rule, name="Kim"), Stage.WRITTEN)
    assert len(record.ideas) >= 3
    assert not {idea.id for idea in record.ideas} & set(vetoed)
    assert len(ready.people.vetoed) == PLAN.count
    assert {node.reason for node in record.lineage if node.id in vetoed} == {
        "vetoed at written by Kim: not this"
    }


def test_4_9_an_edit_after_the_check_is_checked_again_and_compared_but_not_repaired() -> None:
    words = "A plain sentence that predicts nothing."

    def rule(stage: str, idea: Idea) -> Decision:
        if idea.origin.family is Family.STEERING and "edited by Kim" not in idea.origin.operators:
            return Decision(
                act=Act.EDIT, text=replace(idea.text, title=f"Kim: {idea.text.title}", prediction=words)
            )
        return Decision()

    ready, record = held(ScriptedDecider(rule=rule, name="Kim"), Stage.CHECKED, Stage.RANKED)
    edited = [idea for idea in record.ideas if idea.title.startswith("Kim: ")]
    assert edited
    for idea in edited:
        assert idea.prediction == words, "a person's words are not repaired"
        assert idea.novelty_by_facet
        assert idea.process is not None
        assert idea.process.operators[-1] == "edited by Kim"
    assert {match.first for match in ready.matches} | {match.second for match in ready.matches} <= {
        idea.id for idea in record.ideas
    }
    assert {act.act for act in record.acts} == {"edit", "accept"}


class Listening:
    """An arm that writes nothing and remembers what it was advised."""

    family, lever = Family.STEERING, "listening"

    def __init__(self) -> None:
        self.heard: list[tuple[str, ...]] = []

    async def run(self, desk: Desk, wanted: int) -> Produced:
        self.heard.append(desk.advice)
        return Produced(ideas=())


async def test_4_9_a_steer_stands_in_the_requests_of_every_arm_that_comes_later() -> None:
    def rule(stage: str, idea: Idea) -> Decision:
        return Decision(act=Act.STEER, note="towards the sea")

    gate = Gate(ScriptedDecider(rule=rule), stages=(Stage.WRITTEN,))
    with open_corpus() as corpus:
        ready = bench(corpus, replace(PLAN, families=(Family.STEERING,)))
        ready.generator.gate = gate
        (turn, *_) = await ready.generator.play(2)
        arm = Listening()
        ready.generator.arms = {Family.STEERING: (arm,)}
        await ready.generator.play(1)
        await GateDesk(gate=gate).show(Stage.WRITTEN, turn.produced.ideas)
        await ready.generator.play(1)
    assert arm.heard == [(), ("towards the sea",)]


def test_4_9_stages_are_named() -> None:
    assert parse_stages(["ranked", "written"]) == (Stage.WRITTEN, Stage.RANKED)
    assert parse_stages(["all", "luck"]) == tuple(Stage)
    assert parse_stages([]) == ()
    with pytest.raises(UserError, match="no stage 'luck'"):
        parse_stages(["luck"])
