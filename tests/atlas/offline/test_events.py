"""Which event's name a question speaks of."""

from __future__ import annotations

import random

from atlas.offline.events import asked_events, opening_event
from tests.atlas.offline.samples import LURED, PASTED, ROUTED, make_question

NAMES = [LURED, PASTED, ROUTED, "Quiet pantry night", "Odd flour in a sieve"]


def test_the_event_of_the_last_sentence_is_asked_for_and_that_of_the_first_opens() -> None:
    question = make_question()
    assert list(asked_events(question, NAMES)) == [PASTED]
    assert opening_event(question, NAMES) == LURED


def test_no_event_is_near_when_less_than_half_of_its_rare_words_is_said() -> None:
    question = make_question("A jam was seen on a shelf. Which host is it?")
    assert asked_events(question, NAMES) == {}
    assert opening_event(question, NAMES) is None


def test_no_names_give_no_event() -> None:
    assert asked_events(make_question(), []) == {}
    assert asked_events(make_question(""), NAMES) == {}
    assert opening_event(make_question(), []) is None


def test_common_words_tell_less_than_rare_ones() -> None:
    names = ["Oven alert kettle", "Oven alert spoon", "Oven alert ladle", "Oven alert sieve"]
    assert (
        next(iter(asked_events(make_question("Which host had an oven alert on its ladle?"), names)))
        == names[2]
    )


def test_a_name_said_to_the_letter_wins_over_the_same_words_in_another_order() -> None:
    names = ["spoon bent sharply", "sharply bent spoon"]
    scores = asked_events(make_question("Which host saw a Sharply-bent spoon?"), names)
    assert next(iter(scores)) == "sharply bent spoon"
    assert all(
        score < scores["sharply bent spoon"] for name, score in scores.items() if name != "sharply bent spoon"
    )


def test_a_late_quotation_weighs_more_than_an_early_one() -> None:
    def score(prompt: str) -> float:
        return asked_events(make_question(prompt), [PASTED, LURED])[PASTED]

    early = score(
        f"We saw {PASTED}. Then rain. Then snow. Which host saw {' '.join(reversed(PASTED.split()))}?"
    )
    late = score(f"We saw rain. Then snow. Then fog. Which host saw {PASTED}?")
    assert late > early


def test_at_most_four_names_come_back_best_first() -> None:
    names = [f"Jam pot {word}" for word in ("one", "red", "big", "hot", "wet", "dry")]
    found = asked_events(make_question("Which host had a dry wet hot big red pot of jam?"), names)
    assert len(found) == 4
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_the_order_in_which_names_are_listed_changes_nothing() -> None:
    shuffled = random.Random(7).sample(NAMES, len(NAMES))
    question = make_question()
    assert list(asked_events(question, shuffled).items()) == list(asked_events(question, NAMES).items())
    tied = ["Jam pot", "jam  pot"]
    same = make_question("Which host had a jam pot?")
    assert list(asked_events(same, tied)) == list(asked_events(same, reversed(tied)))
    assert opening_event(same, tied) == opening_event(same, reversed(tied))
