from __future__ import annotations

import json
from dataclasses import asdict

from tests.app.terminal import Terminal
from tests.ideation.families.adapters.made import judged_ideas


def test_5_3_a_judge_is_learned_from_scores_and_tells_what_it_is_worth(desk: Terminal) -> None:
    """Ideas with a planted worth: the held-out AUC finds it, and others are ordered by it."""
    ideas, worth = judged_ideas(8, 8)
    rows = [
        {"id": idea.id, "topic": idea.topic, "score": score, **asdict(idea.text)}
        for idea, score in zip(ideas, worth, strict=True)
    ]
    scored, others = desk.folder / "scored.jsonl", desk.folder / "others.json"
    scored.write_text("\n".join(map(json.dumps, rows)))
    best, worst = max(rows, key=lambda row: row["score"]), min(rows, key=lambda row: row["score"])
    others.write_text(json.dumps([worst, best]))
    words = ("ideas", "judge-learn", scored, "--rank", others)
    found = desk.ok(*words, "--json").document
    report = found["held_out"]
    assert isinstance(report, dict)
    assert report["split"] == "topics"
    assert report["auc"]["interval"]["low"] > 0.6
    assert report["calibration_error"] < 0.2
    assert [idea["title"] for idea in found["ideas"]] == [best["title"], worst["title"]]  # type: ignore[attr-defined]
    assert [idea["id"] for idea in found["ideas"]] == [best["id"], worst["id"]]  # type: ignore[attr-defined]
    said = desk.ok(*words).out
    assert "AUC 0." in said
    assert "what weighs most:" in said


def test_5_3_scores_that_lack_are_told(desk: Terminal) -> None:
    file = desk.folder / "ideas.jsonl"
    for row, told in (
        ({"title": "t", "mechanism": "m"}, "no idea has a score"),
        ({"title": "t", "mechanism": "m", "score": "much"}, "the score of idea 1 is no number"),
        ({"title": "t", "mechanism": "m", "score": 3}, "too few"),
    ):
        file.write_text(json.dumps(row))
        said = desk.run("ideas", "judge-learn", file)
        assert said.status == 2
        assert told in said.err
