"""Items of any content at all, for properties that hold whatever people and models write."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from core.guidance import ActionTemplate
from memory.items import Credit, Item, ItemId, ItemState, Kind, RetiredFor, Status, Trust
from memory.ledger.editor import tidy

AWKWARD = "\\`*_<>[]#-+~|&!.:()\"'{}=$/@%^ \n\r\t1a\u2028\x85\u200d\u00a0"

texts = st.one_of(
    st.text(),
    st.text(alphabet=AWKWARD),
    st.sampled_from(
        [
            "## it_00000000000000000001",
            "# Pamphlet a/b, for the teacher",
            "- status: retired",
            "### Action",
            "```sql",
            "```",
            "any",
            "Any",
            '"any"',
            "-->",
            "1. one",
            "a\n## new\nb",
            "````\n```\n`",
            "re:\\bhost\\s?name\\b",
            "C:\\Temp\\",
            "yes: no",
        ]
    ),
)
contents = texts.map(tidy).filter(bool)
actions = st.builds(
    ActionTemplate,
    tool=st.one_of(st.sampled_from(["sql", "python"]), texts),
    template=texts,
    bindings=st.dictionaries(texts, texts, max_size=4),
)
ids = st.integers(0, 16**20 - 1).map(lambda number: ItemId(f"it_{number:020x}"))
states = st.builds(
    ItemState,
    content=contents,
    cue=texts,
    action=st.none() | actions,
    boundary=texts,
    expected_effect=texts,
    status=st.sampled_from(Status),
    pinned=st.booleans(),
    trust=st.sampled_from(Trust),
    note=texts,
    retired_for=st.none() | st.sampled_from(RetiredFor),
    successors=st.lists(ids, max_size=3).map(tuple),
)
items = st.builds(
    Item,
    id=ids,
    kind=st.sampled_from(Kind),
    scope=st.one_of(st.sampled_from(["a/b", "a", "b"]), texts.filter(bool)),
    student_model=st.one_of(st.just(""), texts),
    state=states,
    version=st.integers(1, 10**9 - 1),
    content_hash=st.just(""),
    support=st.integers(0, 9),
    credit=st.builds(Credit, alpha=st.floats(1, 99), beta=st.floats(1, 99)),
    created_at=st.datetimes(timezones=st.just(UTC)),
    updated_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
)
pamphlets = st.lists(items, max_size=5, unique_by=lambda item: item.id)
