from __future__ import annotations

import csv
import json
from pathlib import Path

from tests.app.ideas.conftest import Finished
from tests.ideation.things import TOPIC


def ids(finished: Finished) -> list[str]:
    ideas = finished.document["ideas"]
    assert isinstance(ideas, list)
    return [idea["id"] for idea in ideas]


def test_8_9_outcomes_are_attached_later_and_correlated_with_the_ranks(
    finished: Finished, tmp_path: Path
) -> None:
    desk, folder = finished.desk, finished.folder
    said = desk.run("ideas", "outcomes", folder)
    assert said.status == 2
    assert "no outcomes yet" in said.err
    first = tmp_path / "first.csv"
    first.write_text("id,success\n" + "".join(f"{key},{-at}\n" for at, key in enumerate(ids(finished))))
    found = desk.ok("ideas", "outcomes", folder, first, "--json").document
    correlations = {(each["before"], each["after"]): each["rho"] for each in found["correlations"]}  # type: ignore[attr-defined]
    assert correlations["strength", "success"]["value"] > 0.99
    assert correlations["strength", "success"]["n"] == 8
    assert ("novelty", "success") in correlations
    later = tmp_path / "later.jsonl"
    later.write_text(json.dumps({"id": ids(finished)[0], "cost": 3}) + '\n{"id": "nobody", "cost": 1}\n')
    said = desk.ok("ideas", "outcomes", folder, later)
    assert "later.jsonl, record 2: the run has no idea 'nobody'" in said.err
    assert "strength      success              8  +1.00" in said.out
    assert "cannot be told" in said.out
    (folder / "outcomes.json").unlink()


def test_8_10_sets_of_ideas_of_several_runs_are_compared(finished: Finished) -> None:
    desk = finished.desk
    words = (
        "ideas",
        "run",
        TOPIC,
        "--corpus",
        finished.papers,
        "--n",
        "4",
        "--comparisons",
        "12",
        "--seed",
        "5",
    )
    other = desk.ok(*words, "--families", "steering", "--json").document["folder"]
    found = desk.ok("ideas", "homogeneity", finished.folder, str(other), "--json").document
    assert [each["ideas"] for each in found["sets"]] == [8, 4]  # type: ignore[attr-defined]
    assert 0.5 <= found["distinct"] <= 1  # type: ignore[operator]
    assert "share with a twin" in desk.ok("ideas", "homogeneity", finished.folder, str(other)).out
    alone = desk.run("ideas", "homogeneity", finished.folder)
    assert alone.status == 2
    assert "two different runs" in alone.err


def test_8_8_sheets_go_out_blind_and_what_comes_back_is_counted(finished: Finished, tmp_path: Path) -> None:
    desk, kit = finished.desk, tmp_path / "kit"
    raters = ("--rater", "Ann", "--rater", "Ben B.")
    assert "2 sheets" in desk.ok("ideas", "rating-kit", finished.folder, *raters, "--out", kit).out
    told = desk.run("ideas", "ratings", kit)
    assert told.status == 2
    assert "holds no rating yet" in told.err
    page = (kit / "sheet-Ann.html").read_text()
    ideas = finished.document["ideas"]
    assert isinstance(ideas, list)
    for idea in ideas:
        assert idea["id"] not in page
        assert idea["lever"] not in page
    worth = {idea["title"]: 1 + at % 7 for at, idea in enumerate(ideas)}
    for name in ("Ann", "Ben-B-"):
        with (kit / f"sheet-{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row |= {"novelty": str(worth[row["title"]]), "clarity": "?"}
        with (kit / f"ratings-{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    found = desk.ok("ideas", "ratings", kit, "--json").document
    assert found["raters"] == 2
    axes = found["axes"]
    assert isinstance(axes, dict)
    assert axes["novelty"]["icc"]["value"] == 1.0
    assert "ICC(1)" in desk.ok("ideas", "ratings", kit).out
    back = tmp_path / "rated.json"
    back.write_text(json.dumps(found))
    said = desk.ok("ideas", "outcomes", finished.folder, back)
    assert "rated novelty" in said.out
    (finished.folder / "outcomes.json").unlink()
    same = desk.run("ideas", "rating-kit", finished.folder, "--rater", "a b", "--rater", "a-b", "--out", kit)
    assert "one file name" in same.err
