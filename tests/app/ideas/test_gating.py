from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from app.ideas.gating import TerminalDecider, open_gate
from core.errors import UserError
from ideation.families.agents.gate import Act, Decision
from ideation.idea import Family, IdeaText, Origin, new_idea
from tests.app.terminal import Terminal
from tests.ideation.things import TOPIC

TEXT = IdeaText(title="t", problem="p", mechanism="m", prediction="r", evaluation="e")
IDEA = new_idea(TEXT, Origin(family=Family.AGENTS, lever="l", model="m"), seed=0, number=0)


def decider(heard: str, said: list[str]) -> TerminalDecider:
    return TerminalDecider(told=lambda _: ["  novelty: unknown"], say=said.append, input=io.StringIO(heard))


@pytest.mark.parametrize(
    ("heard", "decision"),
    [
        ("\n", Decision()),
        ("v too vague\n", Decision(act=Act.VETO, note="too vague")),
        ("v\n", Decision(act=Act.VETO)),
        ("s look at islands\n", Decision(act=Act.STEER, note="look at islands")),
        ("s\nfoo\ne nothing: x\ne title:\n\n", Decision()),
    ],
)
async def test_4_9_a_person_answers_in_a_word(heard: str, decision: Decision) -> None:
    said: list[str] = []
    assert await decider(heard, said).decide("written", IDEA) == decision
    assert "mechanism: m" in said[0]
    assert "novelty: unknown" in said[1]


async def test_4_9_an_edit_goes_part_by_part() -> None:
    found = await decider("e title: better\ne dropped: that it must\n\n", []).decide("written", IDEA)
    assert found.act is Act.EDIT
    assert found.text is not None
    assert (found.text.title, found.text.dropped, found.text.problem) == ("better", "that it must", "p")


async def test_4_9_where_the_input_ends_everything_is_accepted_by_nobody() -> None:
    person = decider("all\nv\n", [])
    assert [await person.decide("written", IDEA) for _ in range(3)] == [Decision()] * 3
    assert person.name == "unattended"
    gone = decider("", [])
    assert await gone.decide("written", IDEA) == Decision()
    assert gone.name == "unattended"


def gate_lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "gate.jsonl").read_text().splitlines()]


def run(desk: Terminal, papers: Path, heard: str, *more: str) -> dict[str, object]:
    words = ("ideas", "run", TOPIC, "--corpus", papers, "--n", "4", "--families", "steering,agents")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(heard))
        return desk.ok(*words, "--comparisons", "12", *more, "--json").document


def test_4_9_a_run_asks_at_the_gate_and_logs_each_act(desk: Terminal, papers: Path) -> None:
    gated = ("--gate", "written", "--gate", "ranked")
    said = run(desk, papers, "v no use\ne title: In a person's words\n\ns towards the sea\nall\n", *gated)
    acts, ideas, nodes = said["acts"], said["ideas"], said["lineage"]
    assert isinstance(acts, list)
    assert isinstance(ideas, list)
    assert isinstance(nodes, list)
    assert [act["act"] for act in acts[:4]] == ["veto", "edit", "steer", "accept"]
    assert {act["by"] for act in acts[4:]} == {"unattended"}
    assert "In a person's words" in {idea["title"] for idea in ideas}
    fates = {node["id"]: (node["fate"], node["reason"]) for node in nodes}
    assert fates[acts[0]["before"]] == ("rejected", "vetoed at written by person: no use")
    assert "went on" in fates[acts[1]["before"]][1]
    assert any("does not read what a person steers" in note for note in said["notes"])  # type: ignore[attr-defined]
    folder = Path(str(said["folder"]))
    assert [line["act"] for line in gate_lines(folder)] == ["veto", "edit", "steer", "accept"]
    assert "At the gate" in (folder / "report.html").read_text()
    again = run(desk, papers, "", *gated)
    assert again["ideas"] == ideas, "acts of the first go are taken again"
    assert len(gate_lines(folder)) == 4


def test_4_9_a_veto_after_ranking_takes_the_idea_out_and_ranks_the_others(
    desk: Terminal, papers: Path
) -> None:
    plain = run(desk, papers, "")
    said = run(desk, papers, "v\n", "--gate", "ranked")
    first, left = plain["ideas"], said["ideas"]
    assert isinstance(first, list)
    assert isinstance(left, list)
    assert [idea["rank"] for idea in left] == [1, 2, 3]
    assert {idea["id"] for idea in left} == {idea["id"] for idea in first[1:]}


def test_4_9_without_a_gate_nobody_is_asked(desk: Terminal, papers: Path) -> None:
    assert run(desk, papers, "")["acts"] == []


def test_a_log_that_is_none_is_told(tmp_path: Path) -> None:
    file = tmp_path / "gate.jsonl"
    file.write_text('{"stage": "written"}\n')
    with pytest.raises(UserError, match=r"gate.jsonl, line 1 is no act"):
        open_gate(("written",), file, 0, lambda idea: [], print)
