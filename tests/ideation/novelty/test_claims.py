from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.idea import IdeaText
from ideation.muse import ProposeRequest
from ideation.muses.offline import OfflineMuse
from ideation.novelty.claims import Claim, unresolved
from tests.ideation.novelty.papers import ABSTRACTS, KNOWN, TOPIC, SmallLibrary, idea

LIBRARY = SmallLibrary()


def flagged(mechanism: str, *, papers: tuple[str, ...] = (), known: tuple[str, ...] = ()) -> list[str]:
    text = replace(KNOWN, mechanism=mechanism)
    found = unresolved(idea(text, papers=papers), LIBRARY, topic=TOPIC, known_data=known)
    return [each.text for each in found]


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ("As in [p1].", None),
        ("As in [p77].", "[p77]"),
        ("As in [p1; p9].", "[p9]"),
        ("As in [12].", "[12]"),
        ("Let [Fe] react.", None),
        ("As Okafor et al. (2021) held.", "Okafor et al. (2021)"),
        ("See doi:10.1234/abc.5 for it.", "doi:10.1234/abc.5"),
        ("See arXiv:2401.00001 for it.", "arXiv:2401.00001"),
    ],
)
def test_6_11_citations_that_do_not_resolve_are_flagged(words: str, flag: str | None) -> None:
    assert flagged(words) == ([] if flag is None else [flag])


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ("Train on the SongMeter data set.", None),
        ("Train on the OceanNine data set.", "OceanNine"),
        ("Train on the Ocean data set.", "Ocean"),
        ("Train on the benchmark named Deep Tide 3.", "Deep Tide"),
        ("The data set is small.", None),
    ],
)
def test_6_11_data_sets_that_no_paper_names_are_flagged(words: str, flag: str | None) -> None:
    found = flagged(words)
    assert (found == []) if flag is None else (found[0].startswith(flag))


def test_6_11_a_data_set_at_hand_resolves() -> None:
    assert flagged("Train on the OceanNine data set.", known=("OceanNine",)) == []


@pytest.mark.parametrize(
    ("words", "papers", "flag"),
    [
        ("Rejection of 98 % is kept.", ("p1",), None),
        ("Rejection of 98% is kept, as in [p1].", (), None),
        ("Rejection of 98 % is kept.", ("p2",), "98 %"),
        ("It saves 37.5 kW of power.", ("p1",), "37.5 kW"),
        ("It needs 2 parts, H2O and PM2.5, since 1998.", ("p1",), None),
    ],
)
def test_6_11_numbers_that_none_of_its_papers_gives_are_flagged(
    words: str, papers: tuple[str, ...], flag: str | None
) -> None:
    assert flagged(words, papers=papers) == ([] if flag is None else [flag])


def test_6_11_what_is_predicted_is_no_claim_and_an_origin_must_resolve() -> None:
    text = replace(KNOWN, prediction="It rises by 61 %.", evaluation="Wait 77 hours.")
    assert unresolved(idea(text), LIBRARY) == ()
    (flag,) = unresolved(idea(KNOWN, papers=("p8",)), LIBRARY)
    assert (flag.claim, flag.part, flag.text) == (Claim.CITATION, "origin", "p8")


def test_6_11_a_failed_search_says_that_it_was_not_looked_up() -> None:
    text = replace(KNOWN, mechanism="Train on the OceanNine data set.")
    (flag,) = unresolved(idea(text), SmallLibrary(broken=frozenset({"search"})))
    assert flag.claim is Claim.DATA_SET
    assert not flag.looked_up


async def test_6_11_what_the_offline_muse_writes_resolves() -> None:
    sources = tuple(source for paper in LIBRARY.papers() if (source := LIBRARY.get(paper)))
    reply = await OfflineMuse().propose(ProposeRequest(topic=TOPIC, count=8, sources=sources))
    assert reply.proposals
    for each in reply.proposals:
        assert unresolved(idea(each.text, papers=each.papers), LIBRARY, topic=TOPIC) == ()


@given(st.text(max_size=120), st.sampled_from(sorted(ABSTRACTS)))
def test_6_11_any_text_can_be_looked_at_and_every_flag_stands_in_it(words: str, paper: str) -> None:
    text = IdeaText(title="t", problem="p", mechanism=words, prediction="", evaluation="")
    for flag in unresolved(idea(text, papers=(paper,)), LIBRARY):
        assert flag.text.strip("[]") in words
        assert flag.reason
