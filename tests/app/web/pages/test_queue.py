from __future__ import annotations

from pathlib import Path

import pytest

from app.web.home import Home
from app.web.pages.queue import queue_page
from core.settings import Settings
from tests.app.memory.filled import fill


def test_what_waits_by_reason(tmp_path: Path) -> None:
    ids = fill(tmp_path / "home")
    with Home(Settings(home=tmp_path / "home")) as home:
        page = queue_page(home.pamphlets)
        part = queue_page(home.pamphlets, "other")
        nothing = queue_page(home.pamphlets, "elsewhere")
    assert [(group.because, [each.item.id for each in group.waiting]) for group in page.groups] == [
        ("failed a gate", [ids.doubtful]),
        ("too little evidence yet", [ids.mail, ids.principle]),
    ]
    assert page.groups[0].waiting[0].note == "an e-mail address"
    assert (page.total, part.total, nothing.total) == (3, 1, 0)
    assert [each.item.id for group in part.groups for each in group.waiting] == [ids.principle]
    assert nothing.groups == ()


@pytest.mark.parametrize("number", [0, 1, 99])
def test_a_home_that_is_not_there_has_no_queue(tmp_path: Path, number: int) -> None:
    with Home(Settings(home=tmp_path / "none")) as home:
        assert queue_page(home.pamphlets, None, number).total == 0
    assert not (tmp_path / "none").exists()
