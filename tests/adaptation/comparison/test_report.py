"""Figures over seeds, and how they are shown."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.comparison.comparing import Results
from adaptation.comparison.fitting import FitRecord
from adaptation.comparison.report import markdown, page, plot, text
from adaptation.comparison.summary import Summary, estimate, summarise
from adaptation.comparison.trial import Budget, Score, Trial

FIGURES = {"lora": (1.0, 0.30), "hut": (1.2, 0.10), "mos": (1.3, 0.40), "id3": (1.0, 0.35)}
"""Loss and forgetting: `mos` is beaten by both first ones, `id3` by `lora` in forgetting alone."""


def trial(name: str, seed: int, budget: Budget = Budget.PARAMETERS) -> Trial:
    loss, forgetting = FIGURES[name]
    return Trial(
        method=name,
        budget=budget,
        seed=seed,
        parameters=1050,
        steps=60,
        train_seconds=2.0,
        plan_seconds=1.0,
        peak_bytes=10**8 + seed,
        bytes_on_disk=4000,
        before=Score(loss=2.0, accuracy=0.2),
        after=Score(loss=loss + 0.1 * (seed - 1), accuracy=0.5),
        forgetting=forgetting,
    )


def summary(*more: Trial) -> Summary:
    fits = tuple(FitRecord(method=name, options={"rank": 8}, learning_rate=1e-3) for name in FIGURES)
    trials = tuple(trial(name, seed) for name in FIGURES for seed in range(3))
    found = Results(parameters=1000, seconds=9.0, device="CPU", fits=fits, trials=(*trials, *more))
    return summarise(found)


def test_an_interval_over_seeds_is_students() -> None:
    found = estimate([1.0, 2.0, 3.0])
    assert found.mean == 2.0
    assert found.high == pytest.approx(2 + 4.302652729749464 * 3**-0.5, rel=1e-9)
    assert found.low == pytest.approx(4 - found.high)
    assert estimate([1.5]).high is None
    assert (estimate([1.5]).text(2), found.text(1)) == ("1.50", "2.0 ± 2.5")


def test_lines_stand_by_loss_and_those_that_none_beats_are_marked() -> None:
    found = summary()
    assert [line.method for line in found.lines] == ["lora", "id3", "hut", "mos"]
    assert [line.method for line in found.lines if line.pareto] == ["lora", "hut"]
    line = found.lines[0]
    assert line.deviation == pytest.approx(0.05)
    assert (line.seconds, line.peak_bytes, line.size) == (3.0, 10**8 + 2, "rank 8")
    assert found.before == (2.0, 0.2)


def test_a_budget_of_its_own_is_judged_by_itself() -> None:
    found = summary(trial("mos", 0, Budget.TIME))
    (alone,) = [line for line in found.lines if line.budget == "time"]
    assert alone.pareto
    assert "Equal time (9.0 s" in text(found)


def test_what_failed_is_told_and_takes_no_part() -> None:
    failed = Trial(method="lora", budget=Budget.TIME, seed=0, fault="planning alone <took> 9 s")
    found = summary(failed, failed.model_copy(update={"seed": 1}))
    assert found.faults == (("lora", "time", "planning alone <took> 9 s"),)
    assert "- lora, equal time: planning alone <took> 9 s" in text(found)
    assert "planning alone &lt;took&gt; 9 s" in page(found)
    assert "Equal time" not in text(found)


def test_the_table_has_every_method_once() -> None:
    shown = markdown(summary())
    rows = [line.split(" | ") for line in shown.splitlines() if line.startswith("| ")]
    assert [row[0].removeprefix("| ") for row in rows] == [
        "method", "---", "lora *", "id3", "hut *", "mos",
    ]  # fmt: skip
    assert rows[2][5] == "1.0000 ± 0.2484"
    assert len({len(row) for row in rows}) == 1


def test_the_plot_is_plain_svg_and_the_same_each_time() -> None:
    found = summary()
    drawn = plot(found, "parameters")
    assert drawn == plot(found, "parameters")
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    words = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
    assert set(FIGURES) <= set(words)
    assert "script" not in drawn
    assert drawn in page(found)
