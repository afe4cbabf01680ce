"""`atlas memory credit`."""

from __future__ import annotations

import pytest

from tests.app.memory.filled import SHOWN, WITHHELD, Shelf


def test_shown_tasks_stand_against_withheld_ones(reader: Shelf) -> None:
    told = reader.json("credit", reader.ids.sign_in)
    assert told["exposures"] == {"shown": SHOWN, "withheld": WITHHELD, "counted": SHOWN + WITHHELD}
    reward = told["metrics"]["reward"]
    assert (reward["shown"]["n"], reward["withheld"]["n"]) == (SHOWN, WITHHELD)
    assert reward["shown"]["mean"] == pytest.approx(0.75)
    assert reward["withheld"]["mean"] == pytest.approx(1 / 3)
    uplift = reward["uplift"]
    assert uplift["difference"] == pytest.approx(0.75 - 1 / 3)
    low, high = uplift["ci95"]
    assert -1 <= low < uplift["difference"] < high <= 1
    assert set(told["metrics"]) == {"reward", "success", "steps", "tokens"}
    assert told["help"]["e_value"] > 1 > told["harm"]["e_value"] > 0
    assert told["worth"]["ci95"][0] < told["worth"]["mean"] < told["worth"]["ci95"][1]


def test_an_item_that_no_task_saw(reader: Shelf) -> None:
    told = reader.json("credit", reader.ids.hosts)
    assert told["exposures"] == {"shown": 0, "withheld": 0, "counted": 0}
    assert told["metrics"]["reward"] == {
        "shown": {"n": 0, "mean": None},
        "withheld": {"n": 0, "mean": None},
        "uplift": None,
    }
    assert "too few tasks" in reader.ok("credit", reader.ids.hosts)


def test_credit_as_text(reader: Shelf) -> None:
    text = reader.ok("credit", reader.ids.sign_in)
    assert "0.75 (12)" in text
    assert "0.33 (6)" in text
    assert "+0.42 (" in text
    assert "believed from 20 on" in text
    assert "no item it_none" in reader.refused("credit", "it_none")
