from __future__ import annotations

import pytest

from app.web.home import Home
from app.web.pages.runs import Mark, run_page, runs_page
from core.errors import UserError
from core.store import RunStatus
from tests.app.conftest import Taught
from tests.app.web.written import KEY, NOTE, UNFINISHED, Written


def test_runs_stand_newest_first_with_the_figures_of_their_reports(taught: Taught, taught_home: Home) -> None:
    page = runs_page(taught_home.runs)
    first, second = taught.runs
    assert [run.id for run in page.runs] == [second, first]
    line, document = page.runs[1], taught.learned.document
    assert (line.benchmark, line.split, line.memory.mode) == ("synthetic", "train", "on")
    assert line.figures.success == document["success"]
    assert line.figures.success_ci95 is not None
    assert line.figures.success_ci95.as_list() == document["success_ci95"]
    assert line.queries_per_task == document["queries_per_task"]
    assert (line.tokens, line.tokens_known, line.cost_usd) == (0, True, 0)
    assert [(note.benchmark, note.text) for note in page.notes] == [("synthetic", document["note"])]


def test_a_run_has_its_tasks_and_figures_by_incident(taught: Taught, taught_home: Home) -> None:
    page = run_page(taught_home.runs, taught.runs[0])
    assert [task.position for task in page.tasks] == [0, 1, 2, 3, 4]
    assert page.cells == page.tasks
    assert [(group.name, group.figures.n) for group in page.groups] == [("incident_1", 5)]
    solved = sum(task.mark is Mark.SOLVED for task in page.tasks)
    assert page.run.figures.success == solved / 5
    assert {"lane", "seed"} <= {setting.name for setting in page.settings}


def test_tasks_are_chosen_by_what_came_of_them(taught: Taught, taught_home: Home) -> None:
    everything = run_page(taught_home.runs, taught.runs[0])
    for mark in Mark:
        page = run_page(taught_home.runs, taught.runs[0], mark=mark)
        assert page.tasks == tuple(task for task in everything.cells if task.mark is mark)
        assert page.cells == everything.cells
    assert run_page(taught_home.runs, taught.runs[0], group="incident_2").tasks == ()


def test_a_run_in_work_tells_what_it_has(written: Written) -> None:
    with Home(written.settings) as home:
        page = run_page(home.runs, written.run_id)
    assert {task.key: task.mark for task in page.tasks} == {KEY: Mark.PARTIAL, UNFINISHED: Mark.PENDING}
    assert (page.run.status, page.run.planned, page.run.figures.n) == (RunStatus.RUNNING, 2, 1)
    assert page.run.note == NOTE
    assert [(role.role.value, role.calls, role.failed) for role in page.spend] == [
        ("student", 1, 0),
        ("teacher", 1, 1),
    ]
    assert (page.run.tokens, page.run.tokens_known) == (130, False)
    assert (page.run.cost_usd, page.run.cost_known) == (None, False)


def test_an_unknown_run_is_the_askers_error(taught_home: Home) -> None:
    with pytest.raises(UserError, match="no run nope"):
        run_page(taught_home.runs, "nope")
