"""Splits keep groups whole, and the guard finds what is trained on and measured on. No torch is needed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptation.data.guard import check_leaks, leaks
from adaptation.data.splitting import group_of, set_apart, split
from core.adapters import PreferenceExample, SftExample, Turn
from core.errors import UserError

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jetty", "knoll")


def example(question: str, answer: str, **about: str) -> SftExample:
    talk = (Turn(role="user", content=question), Turn(role="assistant", content=answer))
    return SftExample(messages=talk, about=dict(about))


@given(st.lists(st.integers(0, 6), min_size=2, max_size=40), st.floats(0.05, 0.9), st.integers(0, 5))
def test_no_group_is_in_both_parts_and_nothing_is_lost(groups: list[int], share: float, seed: int) -> None:
    examples = [example(f"q{n}", f"a{n}", incident=str(group)) for n, group in enumerate(groups)]
    if len(set(groups)) == 1:
        with pytest.raises(UserError, match=r"all examples are of one group \(incident="):
            split(examples, share, seed=seed)
        return
    found = split(examples, share, seed=seed)
    assert {group_of(each) for each in found.train} == set(found.train_groups)
    assert {group_of(each) for each in found.held_out} == set(found.held_out_groups)
    assert not set(found.train_groups) & set(found.held_out_groups)
    assert found.train
    assert found.held_out
    assert [each for each in examples if each in (*found.train, *found.held_out)] == examples
    assert split(examples, share, seed=seed) == found


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=20), st.integers(1, 12))
def test_what_is_set_apart_is_whole_groups_where_there_are_several(groups: list[str], count: int) -> None:
    apart, others = set_apart(groups, count)
    assert sorted([*apart, *others]) == list(range(len(groups)))
    if len(set(groups)) == 1:
        assert apart == list(range(min(count, len(groups))))
        return
    assert others
    assert not {groups[place] for place in apart} & {groups[place] for place in others}
    assert len(apart) >= count or len({groups[place] for place in others}) == 1


def test_nothing_is_held_out_where_nothing_is_wanted() -> None:
    examples = [example("q", "a", topic="one")]
    assert split(examples, 0.0).train == tuple(examples)


def test_a_group_is_the_first_key_that_is_there_else_the_question() -> None:
    assert group_of(example("q", "a", topic="T", incident="5")) == "incident=5"
    assert group_of(example("q", "a", topic=" Some Topic ")) == "topic=some topic"
    assert group_of(example("q", "a", topic="T"), ("family",)) == group_of(example("Q ", "b"))
    assert group_of(example("q", "a")) != group_of(example("p", "a"))
    pair = PreferenceExample(
        prompt=(Turn(role="user", content="q"),),
        chosen=(Turn(role="assistant", content="a"),),
        rejected=(Turn(role="assistant", content="b"),),
    )
    assert group_of(pair) == group_of(example("q", "a"))


def sentence(start: int) -> str:
    return " ".join(WORDS[(start + n) % len(WORDS)] + str(start) for n in range(12))


def test_a_group_that_is_trained_on_may_not_be_measured_on() -> None:
    train = [example(sentence(0), "a", incident="5")]
    with pytest.raises(
        UserError, match="leak into the test set: its example 2 is of a group that is trained"
    ):
        check_leaks(
            train,
            [example(sentence(1), "b", incident="6"), example(sentence(2), "c", incident="5")],
            overlap=0.5,
            name="the test set",
        )


def test_a_copy_under_another_group_is_found_though_common_form_hides_it() -> None:
    train = [example("Which port?", "443", incident=str(n)) for n in range(4)]
    found = list(leaks(train, [example("which  PORT?", "443", incident="9")], overlap=0.5))
    assert [each.reason for each in found] == ["has a question and answer that are trained on"]
    assert not list(leaks(train, [example("Which port?", "80", incident="9")], overlap=0.5))


def test_text_that_is_mostly_the_same_is_found_and_other_text_is_not() -> None:
    train = [example(sentence(n), f"answer {n}", incident=str(n)) for n in range(5)]
    copied = example(f"{sentence(3)} and a little more", "nobody knows", incident="77")
    found = list(leaks(train, [copied], overlap=0.5))
    assert len(found) == 1
    assert "sequences of 8 words" in found[0].reason
    assert not list(leaks(train, [copied], overlap=0.95))
    assert not list(leaks(train, [example(sentence(50), "new", incident="77")], overlap=0.1))


def test_form_that_many_groups_share_is_no_leak() -> None:
    form = "Answer the question below with one value and give no reason for it at all: "
    train = [example(form + sentence(n), f"a{n}", incident=str(n)) for n in range(4)]
    assert not list(leaks(train, [example(form + sentence(20), "b", incident="20")], overlap=0.3))
    alone = [example(form + sentence(0), "a", incident="0")]
    assert list(leaks(alone, [example(form + sentence(20), "b", incident="20")], overlap=0.3))


def test_what_all_tasks_of_a_world_see_is_no_leak() -> None:
    """Steps of traces stand behind long observations that are the same in every incident."""
    tables = " ".join(f"table{n} has columns time and host{n}" for n in range(60))

    def trace(incident: int) -> SftExample:
        talk = (
            Turn(role="user", content=sentence(incident)),
            Turn(role="assistant", content="Action: execute[SHOW TABLES]"),
            Turn(role="user", content=f"Observation: {tables}"),
            Turn(role="assistant", content=f"Action: execute[SELECT host FROM table{incident}]"),
        )
        return SftExample(messages=talk, about={"incident": str(incident)})

    assert not list(leaks([trace(1), trace(2)], [trace(30)], overlap=0.3))
