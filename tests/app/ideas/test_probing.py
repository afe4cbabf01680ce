from __future__ import annotations

import json
from dataclasses import asdict

from ideation.families.adapters.probes import Trick
from tests.app.terminal import Terminal
from tests.ideation.families.adapters.made import judged_ideas
from tests.ideation.families.agents.papers import SOURCES, TOPIC, text


def test_5_4_tricks_are_played_on_the_reward_and_on_a_judge(desk: Terminal) -> None:
    papers, ideas, scored = (desk.folder / name for name in ("papers.json", "ideas.json", "scored.jsonl"))
    papers.write_text(json.dumps([(each.title, each.abstract) for each in SOURCES]))
    ideas.write_text(json.dumps([{"id": str(at), **asdict(text(at))} for at in range(4)]))
    judged, worth = judged_ideas(4, 4)
    rows = zip(judged, worth, strict=True)
    scored.write_text(
        "\n".join(json.dumps({"id": e.id, "topic": e.topic, "score": s, **asdict(e.text)}) for e, s in rows)
    )
    words = ("ideas", "probe", ideas, "--topic", TOPIC, "--corpus", papers, "--scored", scored)
    found = desk.ok(*words, "--limit", "3", "--json").document
    assert set(found) == {"reward", "learned judge"}
    for tricks in found.values():
        assert set(tricks) == set(Trick)  # type: ignore[call-overload]
        assert {each["n"] for each in tricks.values()} == {3}  # type: ignore[attr-defined]
    assert {each["raised"] for each in found["reward"].values()} == {0.0}  # type: ignore[attr-defined]
    said = desk.ok(*words).out
    assert said.startswith("reward, n 4\n  padding")


def test_5_4_ideas_without_a_topic_are_refused(desk: Terminal) -> None:
    ideas = desk.folder / "ideas.json"
    ideas.write_text(json.dumps([asdict(text(0))]))
    said = desk.run("ideas", "probe", ideas, "--topic", " ")
    assert (said.status, "--topic" in said.err) == (2, True)
