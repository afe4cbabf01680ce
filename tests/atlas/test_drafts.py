"""Drafts survive the checkpoint."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from atlas.drafts import dump_drafts, load_drafts
from core.guidance import ActionTemplate
from memory.items import ItemDraft, Kind

texts = st.text(max_size=60)
actions = st.builds(
    ActionTemplate, tool=texts, template=texts, bindings=st.dictionaries(texts, texts, max_size=3)
)
drafts = st.builds(
    ItemDraft,
    kind=st.sampled_from(Kind),
    scope=texts,
    content=texts,
    cue=texts,
    action=st.none() | actions,
    boundary=texts,
    expected_effect=texts,
)


@given(st.lists(drafts, max_size=4))
def test_what_was_dumped_is_loaded(values: list[ItemDraft]) -> None:
    assert load_drafts(dump_drafts(values)) == tuple(values)
