from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import UserError
from ideation.report.reading import idea_of
from ideation.report.record import RunRecord
from tests.ideation.benches import SMALL, bench, made, open_corpus
from tests.ideation.report.samples import idea_record


def test_9_3_an_idea_comes_back_from_its_record_as_the_run_had_it() -> None:
    with open_corpus() as corpus:
        ready = bench(corpus, replace(SMALL, count=4, comparisons=6))
        record = RunRecord.model_validate_json(made(ready).to_json())
    kept = {idea.id: idea for idea in ready.ideas}
    assert {each.id: idea_of(each) for each in record.ideas} == kept
    assert all(each.searched for each in record.ideas), "row 6.6: what was searched is stored"


def test_an_idea_without_a_whole_origin_is_refused() -> None:
    with pytest.raises(UserError, match="has no whole origin"):
        idea_of(idea_record(1, press=None))
