from __future__ import annotations

from pathlib import Path

import pytest

from app.house import House
from app.web.home import Home
from app.web.pages.tasks import call_page, task_page
from app.web.rendering import render
from core.errors import UserError
from core.settings import Settings
from tests.app.conftest import Taught
from tests.app.web.written import EVIL, KEY, UNFINISHED, Written


def test_every_task_of_a_run_is_told_from_start_to_score(taught: Taught, taught_home: Home) -> None:
    run_id = taught.runs[0]
    for record in taught_home.runs.tasks(run_id):
        page = task_page(taught_home.runs, taught_home.pamphlets, run_id, record.key)
        assert (page.timeline[0].kind, page.timeline[-1].kind) == ("task_started", "scored")
        attempts = [moment.attempt for moment in page.timeline if moment.attempt is not None]
        assert len(attempts) == record.attempts
        assert sum(len(attempt.steps) for attempt in attempts) == record.steps
        assert attempts[-1].answer == page.answer == record.answer
        seconds = [moment.seconds for moment in page.timeline]
        assert seconds == sorted(seconds)  # type: ignore[type-var]


def test_neighbours_lead_from_the_first_task_to_the_last(taught: Taught, taught_home: Home) -> None:
    run_id = taught.runs[0]
    keys = [task.key for task in taught_home.runs.tasks(run_id)]
    pages = [task_page(taught_home.runs, taught_home.pamphlets, run_id, key) for key in keys]
    assert [page.after for page in pages] == [*keys[1:], None]
    assert [page.before for page in pages] == [None, *keys[:-1]]


def test_items_that_were_learned_are_named_with_their_words(taught: Taught, taught_home: Home) -> None:
    run_id = taught.runs[0]
    items = {item.id: item.content for item in taught_home.pamphlets.items()}
    named = {
        item.id: item.content
        for record in taught_home.runs.tasks(run_id)
        for moment in task_page(taught_home.runs, taught_home.pamphlets, run_id, record.key).timeline
        for item in moment.items
    }
    assert named == items != {}


def test_an_item_that_is_gone_keeps_its_id(written: Written) -> None:
    with Home(written.settings) as home:
        page = task_page(home.runs, home.pamphlets, written.run_id, KEY)
    recalled = next(moment for moment in page.timeline if moment.kind == "recalled")
    assert [(item.id, item.kind) for item in recalled.items] == [
        (written.item_id, "action_schema"),
        ("it_gone", None),
    ]


def test_an_attempt_that_has_not_ended_is_shown_with_its_steps(written: Written) -> None:
    with Home(written.settings) as home:
        page = task_page(home.runs, home.pamphlets, written.run_id, UNFINISHED)
    (moment,) = page.timeline
    assert moment.attempt is not None
    assert (moment.attempt.status, len(moment.attempt.steps)) == (None, 1)


def test_an_event_of_another_version_keeps_its_place(written: Written, tmp_path: Path) -> None:
    with Home(written.settings) as home:
        lines = [
            line.replace('"kind": "guided"', '"kind": "<sung>"') for line in home.runs.export(written.run_id)
        ]
    settings = Settings(home=tmp_path / "home")
    with House(settings) as house:
        house.store.import_run(lines)
    with Home(settings) as home:
        page = task_page(home.runs, home.pamphlets, written.run_id, KEY)
        html = render("task.html", view=page, as_json=None)
    assert [moment.kind for moment in page.timeline if moment.event is None] == ["<sung>"]
    assert "an event &lt;sung&gt; that this version does not read" in html


def test_a_call_shows_what_was_asked_and_what_came_back(written: Written) -> None:
    with Home(written.settings) as home:
        replied, failed = (call_page(home.runs, written.run_id, KEY, seq) for seq in (0, 1))
    assert [(turn.role, turn.content) for turn in replied.asked] == [("system", EVIL), ("assistant", "")]
    assert replied.asked[1].calls == (f"sql {EVIL}",)
    assert replied.tools == (EVIL,)
    assert replied.knobs == (("temperature", "0.5"),)
    assert replied.reply is not None
    assert replied.reply.content == EVIL
    assert replied.call.usage.reasoning is None
    assert (failed.reply, failed.call.error) == (None, EVIL)


def test_unknown_tasks_and_calls_are_the_askers_error(written: Written) -> None:
    with Home(written.settings) as home:
        with pytest.raises(UserError, match="has no task nope"):
            task_page(home.runs, home.pamphlets, written.run_id, "nope")
        with pytest.raises(UserError, match="no run nope"):
            task_page(home.runs, home.pamphlets, "nope", KEY)
        with pytest.raises(UserError, match="no model call 7"):
            call_page(home.runs, written.run_id, KEY, 7)
