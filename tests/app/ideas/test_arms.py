from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.terminal import Terminal
from tests.ideation.things import TOPIC


def run(desk: Terminal, papers: Path, *more: str) -> dict[str, object]:
    words = ("ideas", "run", TOPIC, "--corpus", papers, "--n", "4", "--rounds", "1", "--comparisons", "9")
    return desk.ok(*words, *more, "--json").document


@pytest.mark.parametrize(
    ("arm", "measure"),
    [
        ("one_agent", "sessions"),
        ("nominal_group", "isolation_leaks"),
        ("debate_star", "positions_conforming"),
        ("debate_ring", "positions_conforming"),
        ("debate_complete", "positions_conforming"),
    ],
)
def test_4_3_a_topology_is_chosen_by_one_flag(desk: Terminal, papers: Path, arm: str, measure: str) -> None:
    said = run(desk, papers, "--arm", arm)
    (turn,) = said["arms"]  # type: ignore[misc]
    assert (turn["family"], turn["lever"]) == ("agents", arm)
    assert measure in turn["measures"]
    assert said["ideas"]


def test_3_7_the_axes_of_the_map_are_the_users(desk: Terminal, papers: Path) -> None:
    axes = ("--map-axis", "wet or dry: in water | in air", "--map-axis", "size: small | large")
    said = run(desk, papers, "--arm", "map_elites", *axes)
    (turn,) = said["arms"]  # type: ignore[misc]
    assert turn["measures"]["cells"] == 25
    assert {"coverage", "qd_score"} <= set(turn["measures"])
    assert len(turn["empty"]) == 25 - round(25 * turn["measures"]["coverage"])
    assert all(cell[0].startswith("wet or dry ") and cell[1].startswith("size ") for cell in turn["empty"])
    page = (Path(str(said["folder"])) / "report.html").read_text()
    assert "left 2" in page
    assert "cells empty" in page


def test_2_7_the_axes_of_the_box_are_the_users(desk: Terminal, papers: Path) -> None:
    axes = ("--box-axis", "means: heat | light | sound", "--box-axis", "place: sea | roof | cellar")
    said = run(desk, papers, "--arm", "morphological_box", *axes)
    (turn,) = said["arms"]  # type: ignore[misc]
    assert turn["measures"]["cells"] == 9
    assert len(turn["empty"]) == turn["measures"]["cells_empty"] > 0
    assert {cell[0] for cell in turn["empty"]} <= {"heat", "light", "sound"}


def test_the_arms_are_listed(desk: Terminal) -> None:
    said = desk.ok("ideas", "arms", "--json").document["arms"]
    assert isinstance(said, list)
    assert {row["family"] for row in said} == {"knowledge", "steering", "search", "agents", "adapters"}
    assert [row["arm"] for row in said if row["on_demand"]] == ["one_agent", "debate_ring", "debate_complete"]
    assert "debate_ring  (on demand)" in desk.ok("ideas", "arms").out
