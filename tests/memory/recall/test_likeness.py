from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.embedder import Embedder
from core.guidance import ActionTemplate
from memory.embedding.lexical import LexicalEmbedder
from memory.embedding.packaged_minilm import PackagedMiniLm
from memory.items import ItemDraft
from memory.recall.likeness import CALIBRATED, CAUTIOUS, Decision, Threshold, compare, threshold_for
from tests.memory.recall.pairs import CALIBRATION, GROUPS, HELD_OUT, LESSONS, OTHER, PAIRS, Pair, groups_of
from tests.memory.samples import HOSTS, SIGN_IN

EMBEDDERS: dict[str, type[PackagedMiniLm] | type[LexicalEmbedder]] = {
    "packaged": PackagedMiniLm,
    "lexical": LexicalEmbedder,
}
EAGER = Threshold(duplicate=0.0, subject=0.0)
"""Leaves everything to the words."""
DUPLICATE, DISTINCT, CONTRADICTION = Decision.DUPLICATE, Decision.DISTINCT, Decision.CONTRADICTION


@cache
def embedder(name: str) -> Embedder:
    return EMBEDDERS[name]()


@cache
def vectors(name: str) -> dict[ItemDraft, NDArray[np.float32]]:
    rows = embedder(name).embed([f"{draft.content} {draft.cue}".strip() for draft in LESSONS])
    return dict(zip(LESSONS, rows, strict=True))


def decided(name: str, one: ItemDraft, other: ItemDraft) -> Decision:
    known = vectors(name)
    return compare(one, other, float(known[one] @ known[other]), threshold_for(embedder(name).id))


def confusion(name: str, pairs: Sequence[Pair]) -> Counter[tuple[Decision, Decision]]:
    """Counts of (label, decision)."""
    return Counter((pair.label, decided(name, pair.one, pair.other)) for pair in pairs)


def precision(table: Counter[tuple[Decision, Decision]], kind: Decision) -> float:
    return table[kind, kind] / sum(count for (_, said), count in table.items() if said is kind)


def recall(table: Counter[tuple[Decision, Decision]], kind: Decision) -> float:
    return table[kind, kind] / sum(count for (label, _), count in table.items() if label is kind)


def test_there_are_pairs_enough_of_every_sort() -> None:
    counts = Counter(pair.label for pair in PAIRS)
    assert len(PAIRS) >= 160
    assert min(counts.values()) >= 40
    others = len(groups_of(OTHER))
    assert sum(pair.group >= len(GROUPS) - others for pair in PAIRS) >= 40
    assert {pair.group for pair in CALIBRATION}.isdisjoint(pair.group for pair in HELD_OUT)


@pytest.mark.parametrize("name", EMBEDDERS)
def test_pairs_that_no_threshold_was_chosen_on_are_told_apart(name: str) -> None:
    table = confusion(name, HELD_OUT)
    assert precision(table, DUPLICATE) >= 0.97, table
    assert recall(table, DUPLICATE) >= 0.4, table
    assert precision(table, CONTRADICTION) >= 0.9, table
    assert recall(table, CONTRADICTION) >= 0.7, table


@pytest.mark.parametrize("name", EMBEDDERS)
def test_thresholds_hold_on_the_pairs_that_they_were_chosen_on(name: str) -> None:
    table = confusion(name, CALIBRATION)
    assert precision(table, DUPLICATE) >= 0.97, table
    assert recall(table, DUPLICATE) >= 0.7, table
    assert precision(table, CONTRADICTION) >= 0.95, table
    assert recall(table, CONTRADICTION) >= 0.85, table


@pytest.mark.parametrize("name", EMBEDDERS)
def test_lessons_on_different_matters_are_distinct(name: str) -> None:
    drafts = [
        (number, draft) for number, group in enumerate(GROUPS) for kind in group.values() for draft in kind
    ]
    known = vectors(name)
    near = [
        (one, other)
        for (group, one), (elsewhere, other) in combinations(drafts, 2)
        if group != elsewhere and float(known[one] @ known[other]) >= 0.5
    ]
    assert len(near) > 50
    assert {decided(name, one, other) for one, other in near} == {DISTINCT}


def say(content: str, cue: str = "") -> ItemDraft:
    return replace(HOSTS, content=content, cue=cue)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Join AlertInfo to AlertEvidence on AlertId.", "Join AlertEvidence to AlertInfo on AlertId."),
        ("Don't trust the title.", "Do not trust the title."),
        ("Never submit without a second look.", "Submit only after a second look."),
        ("Do not exclude benign rows.", "Include benign rows."),
        ("Wait two hours.", "Wait 2 hours."),
        ("Use the mail's id instead of its subject.", "Use the mail's id, not its subject."),
        ("Before you join, filter.", "Filter before you join."),
        ("Prefer `Upn` over `Name`.", "Prefer `Upn` to `Name`."),
        ("Read the column UserId of AuditLogs.", "Read UserId in AuditLogs."),
    ],
)
def test_the_same_advice_in_other_words(one: str, other: str) -> None:
    assert compare(say(one), say(other), 0.9, EAGER) is DUPLICATE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Join AlertInfo on AlertId.", "Join AlertEvidence on AlertId."),
        ("Read network_message_id first.", "Read internet_message_id first."),
        ("Take the first 10 rows.", "Take the first 20 rows."),
        ("Wait two hours.", "Wait three hours."),
        ('Read the key "Sid" of the entity.', 'Read the key "Name" of the entity.'),
        ("Filter on Title.", "Filter on Description."),
        ("The sender is in the log of the gateway.", "The recipient is in the log of the gateway."),
        ("Rows of AlertInfo come before rows of AlertEvidence.", "Describe AlertInfo and AlertEvidence."),
        ("The key of AlertInfo points to AlertEvidence.", "The key of AlertEvidence points to AlertInfo."),
        ("Ask who attacked and not who was attacked.", "Ask who was attacked and not who attacked."),
    ],
)
def test_other_names_numbers_and_matters_are_distinct_at_any_cosine(one: str, other: str) -> None:
    assert compare(say(one), say(other), 0.999, EAGER) is DISTINCT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Join on the display name.", "Never join on the display name."),
        ("Sort by time ascending.", "Sort by time descending."),
        ("Filter before you join.", "Filter after you join."),
        ("Filter before you join.", "Before you filter, join."),
        ("Prefer AlertInfo over AlertEvidence.", "Prefer AlertEvidence over AlertInfo."),
        ("Use AlertInfo rather than AlertEvidence.", "Use AlertEvidence instead of AlertInfo."),
        ("Convert local time to UTC.", "Convert UTC to local time."),
        ("Copy the rules from staging to production.", "Copy the rules from production to staging."),
        ("Include failed sign-ins.", "Exclude failed sign-ins."),
        ("Increase the limit.", "Decrease the limit."),
        ("Look at inbound traffic.", "Look at outbound traffic."),
        ("Take the earliest alert.", "Take the latest alert."),
        ("Deny traffic to the proxy.", "Allow traffic to the proxy."),
        ("The attempt succeeds with LIKE.", "The attempt fails with LIKE."),
        (
            "Names are short in AlertInfo and full in AlertEvidence.",
            "Names are full in AlertInfo, short in AlertEvidence.",
        ),
    ],
)
def test_opposite_advice_contradicts(one: str, other: str) -> None:
    assert compare(say(one), say(other), 0.9, EAGER) is CONTRADICTION
    assert compare(say(one), say(other), 0.6, Threshold(duplicate=0.5, subject=0.7)) is DISTINCT


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"template": "SELECT  DISTINCT IPAddress\n FROM {table} WHERE UserPrincipalName = '{email}'"}, True),
        ({"template": "SELECT IPAddress FROM {table} WHERE UserPrincipalName = '{email}'"}, False),
        ({"tool": "kql"}, False),
        ({"bindings": {"table": "AuditLogs"}}, False),
        (None, False),
    ],
)
def test_only_equal_actions_are_the_same_advice(change: dict[str, object] | None, same: bool) -> None:
    assert SIGN_IN.action is not None
    action = None if change is None else replace(SIGN_IN.action, **change)  # type: ignore[arg-type]
    other = replace(SIGN_IN, action=action)
    assert compare(SIGN_IN, other, 1.0, EAGER) is (DUPLICATE if same else DISTINCT)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"cue": "answer_type:ip"}, DISTINCT),
        ({"cue": "answer_type:host, device name"}, DUPLICATE),
        ({"cue": "names of devices"}, DUPLICATE),
        ({"cue": ""}, DUPLICATE),
        ({"student_model": "openai/gpt-5-mini"}, DISTINCT),
        ({"boundary": "Not in OfficeActivity."}, DISTINCT),
        ({"boundary": "Only where the name of DeviceInfo is filled."}, DUPLICATE),
    ],
)
def test_where_advice_holds_counts_too(change: dict[str, str], expected: Decision) -> None:
    one = replace(HOSTS, boundary="Only where DeviceInfo has a name.")
    assert compare(one, replace(one, **change), 0.99, EAGER) is expected  # type: ignore[arg-type]


def test_without_a_common_cue_nothing_contradicts() -> None:
    one, other = "Sort by time ascending.", "Sort by time descending."
    assert compare(say(one, "first sign-in"), say(other, "the first sign-ins"), 0.9, EAGER) is CONTRADICTION
    assert compare(say(one, "first sign-in"), say(other, "deleted file"), 0.9, EAGER) is DISTINCT


def test_equal_words_need_no_cosine() -> None:
    assert compare(HOSTS, say(HOSTS.content.upper(), HOSTS.cue), -1.0, CAUTIOUS) is DUPLICATE


def test_embedders_that_nobody_calibrated_are_trusted_least() -> None:
    assert threshold_for("endpoint:some/model") == CAUTIOUS
    for name in EMBEDDERS:
        assert threshold_for(embedder(name).id) in CALIBRATED.values()
    assert all(known.duplicate < CAUTIOUS.duplicate for known in CALIBRATED.values())


ROUTES = [
    replace(
        SIGN_IN,
        content=f"For {what}: list the distinct {event} of {table}, take the one nearest to the wording of "
        f"the question, and read {place} of its records.",
        cue=f"answer_type:{kind}",
        action=action,
    )
    for what, kind in (("an IP address", "ip"), ("a URL", "url"), ("a host name", "host"))
    for event, table in (("Title", "AlertEvidence"), ("AlertName", "SecurityAlert"), ("Title", "AlertInfo"))
    for place in ("column RemoteIP", "column LocalIP", 'the value under key "Address" in column Entities')
    for action in (None, ActionTemplate(tool="sql", template=f"SELECT DISTINCT {event} FROM {table}"))
]


def test_routes_that_differ_in_one_name_never_merge() -> None:
    decisions = {compare(one, other, 0.99, EAGER) for one, other in combinations(ROUTES, 2)}
    assert decisions == {DISTINCT}


COSINES = st.floats(-1, 1)
PIECES = st.sampled_from(sorted({word for draft in LESSONS for word in draft.content.split()}))
DRAFTS = st.one_of(
    st.sampled_from(LESSONS),
    st.lists(PIECES, max_size=14).map(" ".join).map(say),
    st.text(max_size=80).map(say),
)


@given(DRAFTS, DRAFTS, COSINES, st.sampled_from([EAGER, CAUTIOUS]))
def test_the_order_of_the_two_does_not_matter(
    one: ItemDraft, other: ItemDraft, cosine: float, threshold: Threshold
) -> None:
    assert compare(one, other, cosine, threshold) is compare(other, one, cosine, threshold)


@given(DRAFTS, DRAFTS)
def test_a_lower_cosine_never_finds_more(one: ItemDraft, other: ItemDraft) -> None:
    near = compare(one, other, 0.95, CAUTIOUS)
    assert compare(one, other, 0.87, CAUTIOUS) in (near, DISTINCT)
    assert compare(one, other, 0.5, CAUTIOUS) in (near, DISTINCT)


@given(DRAFTS, COSINES)
def test_everything_is_its_own_duplicate(draft: ItemDraft, cosine: float) -> None:
    assert compare(draft, draft, cosine, CAUTIOUS) is DUPLICATE
