from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.families.steering.contradictions import (
    Contradiction,
    contradictions_in,
    helpful,
    principles,
    properties,
)
from ideation.families.steering.deck_arm import DeckArm, TrizArm
from ideation.families.steering.decks import Dealer, deck, deck_names
from ideation.idea import IdeaText
from ideation.wordings import data
from tests.ideation.families.search.papers import CannedMuse, desk, idea_text

DECKS = {name: deck(name) for name in deck_names()} | {"triz": principles()}


def test_2_6_the_decks_are_whole() -> None:
    assert len(DECKS["scamper"]) == 7
    assert len(DECKS["triz"]) == 40
    assert {"guide_words", "far_analogy", "constraint_flip", "scale_change", "failure_as_goal"} <= set(DECKS)
    for name, cards in DECKS.items():
        assert len({card.name for card in cards}) == len(cards)
        assert all(card.deck == name and len(card.instruction) > 20 for card in cards)
    with pytest.raises(UserError, match="scamper"):
        deck("tarot")


@given(st.sampled_from(sorted(DECKS)), st.integers(0, 99), st.integers(1, 3), st.lists(st.integers(0, 6)))
def test_2_6_every_card_is_dealt_once_before_any_comes_again(
    name: str, seed: int, rounds: int, first: list[int]
) -> None:
    cards = DECKS[name]
    front = tuple(cards[at % len(cards)].name for at in first)
    dealer = Dealer(cards=cards, seed=seed, first=front)
    for turn in range(rounds):
        dealt = [dealer.card(turn * len(cards) + at) for at in range(len(cards))]
        assert Counter(dealt) == Counter(cards)
    unique = list(dict.fromkeys(front))
    assert [dealer.card(at).name for at in range(len(unique))] == unique


@pytest.mark.parametrize("name", sorted(deck_names()))
async def test_2_6_an_arm_uses_every_card_before_it_repeats_one(name: str) -> None:
    muse = CannedMuse()
    count = len(DECKS[name])
    found = await DeckArm(lever=name).run(desk(muse, calls=999), 2 * count)
    used = Counter(request.operator for request in muse.proposed)
    assert set(used.values()) == {2}
    assert found.measures["cards_used"] == count
    assert found.ideas[0].origin.operators[0].startswith(f"{name}:")


async def test_2_6_failed_calls_do_not_bring_a_card_back_early() -> None:
    muse = CannedMuse(text=idea_or_blank)
    await DeckArm(lever="scamper").run(desk(muse), 6)
    first = [request.operator for request in muse.proposed[:7]]
    assert len(set(first)) == 7


def idea_or_blank(number: int) -> IdeaText:
    blank = IdeaText(title="", problem="", mechanism="", prediction="", evaluation="")
    return blank if number % 2 else idea_text(number)


def test_2_6_the_matrix_is_looked_up_in_code() -> None:
    found = helpful(Contradiction(improves="reliability", worsens="complexity of the means"))
    assert [card.name for card in found] == ["the other way round", "change of parameters", "segmentation"]
    assert helpful(Contradiction(improves="speed", worsens="loss of time")) == ()
    with pytest.raises(UserError, match="speed"):
        helpful(Contradiction(improves="beauty", worsens="speed"))


def test_2_6_the_reduced_matrix_says_so_and_names_only_what_exists() -> None:
    raw = json.loads(data("triz.json"))
    numbers = [each["number"] for each in raw["parameters"]]
    assert raw["note"].startswith("Reduced")
    assert len(properties()) == len(set(numbers)) == 12
    cells = [(cell["improves"], cell["worsens"]) for cell in raw["matrix"]]
    assert len(set(cells)) == len(cells) > 100
    for cell in raw["matrix"]:
        assert {cell["improves"], cell["worsens"]} <= set(numbers)
        assert cell["improves"] != cell["worsens"]
        assert 1 <= len(set(cell["principles"])) == len(cell["principles"]) <= 4
        assert all(1 <= number <= 40 for number in cell["principles"])


def test_2_6_contradictions_are_read_from_words() -> None:
    found = contradictions_in(["faster and faster"], ["accuracy is lost, and accuracy matters", "fails"])
    assert found[0] == Contradiction(improves="speed", worsens="accuracy of measurement")
    assert contradictions_in(["nothing of it"], []) == []


async def test_2_6_what_the_matrix_gives_comes_first_and_all_forty_are_used() -> None:
    muse = CannedMuse()
    arm = TrizArm(contradiction=Contradiction(improves="reliability", worsens="complexity of the means"))
    await arm.run(desk(muse, calls=999), 40)
    names = [request.operator.name for request in muse.proposed if request.operator]
    assert names[:3] == ["the other way round", "change of parameters", "segmentation"]
    assert len(set(names)) == 40
    told = TrizArm().dealer(desk(), desk().library.search("membranes", 8))
    assert told.first
