from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.ideas.conftest import Finished
from tests.ideation.things import FEW


@pytest.fixture
def real(tmp_path: Path, finished: Finished) -> Path:
    """One of the run's own ideas, so that it must be found again, with one paper that led to it."""
    ideas = finished.document["ideas"]
    assert isinstance(ideas, list)
    own = {name: ideas[3][name] for name in ("title", "problem", "mechanism", "prediction", "evaluation")}
    problem, means, _ = FEW[0]
    file = tmp_path / "real.json"
    file.write_text(
        json.dumps({**own, "inspirations": [f"{means} for {problem}", "Nothing that is held here"]})
    )
    return file


def test_8_4_a_run_is_compared_with_the_idea_that_was_kept_from_it(finished: Finished, real: Path) -> None:
    words = ("ideas", "rediscover", finished.folder, real, "--corpus", finished.papers)
    found = finished.desk.ok(*words, "--json").document
    ideas = finished.document["ideas"]
    assert isinstance(ideas, list)
    assert found["nearest"] == ideas[3]["id"]
    assert found["likeness"] == pytest.approx(1.0)
    assert found["unknown"] == ["Nothing that is held here"]
    hits = found["hits"]
    assert isinstance(hits, dict)
    assert hits["by chance"] == {"5": 5 / 8, "10": 1.0, "20": 1.0}
    assert hits["searching for the topic"]["20"] == 1.0
    assert 0 <= found["insight"] <= 1  # type: ignore[operator]
    assert 0 <= found["slot"] <= 8  # type: ignore[operator]
    assert found["matched"]["unscored"] == 8, "no rule can tell whether two ideas have one core"  # type: ignore[index]
    assert finished.desk.ok(*words, "--json").document == found
    said = finished.desk.ok(*words).out
    assert "hit@5" in said
    assert "cannot be told (0 ideas, 8 it could not tell)" in said


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "cannot be read"), ("[]", "is no idea"), ('{"title": "t"}', "needs a mechanism")],
)
def test_8_4_what_is_no_idea_is_refused(finished: Finished, tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "real.json"
    file.write_text(text)
    said = finished.desk.run("ideas", "rediscover", finished.folder, file, "--corpus", finished.papers)
    assert said.status == 2
    assert told in said.err


def test_8_4_the_slot_of_the_real_idea_follows_the_seed(finished: Finished, real: Path) -> None:
    words = ("ideas", "rediscover", finished.folder, real, "--corpus", finished.papers, "--comparisons", "9")
    slots = {finished.desk.ok(*words, "--seed", str(seed), "--json").document["slot"] for seed in range(5)}
    assert len(slots) > 1
