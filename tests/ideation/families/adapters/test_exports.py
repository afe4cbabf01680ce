from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adapters import PreferenceExample, SftExample
from core.errors import UserError
from core.models.scripted import ScriptedModel
from ideation.families.adapters.creativity import Terms, measure, ranked, rarity, surprisal
from ideation.families.adapters.leakage import LeakageGuard
from ideation.families.adapters.preferences import (
    crpo_pairs,
    divpo_pairs,
    export_preferences,
    tournament_pairs,
)
from ideation.families.adapters.sft import Filter, Form, export_sft
from ideation.families.adapters.turns import spark
from ideation.muse import ProposeRequest, Shape
from ideation.muses.llm import LlmMuse
from ideation.ranking.match_log import Axis, Match, Verdict
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.families.adapters.made import DAY, candidate, flipped
from tests.ideation.families.agents.papers import SOURCES, TOPIC, text

OPEN = LeakageGuard()
EMBEDDER = LexicalEmbedder(128)


async def test_5_1_the_prompt_is_what_a_muse_asks_and_the_answer_what_it_reads() -> None:
    made = candidate(1)
    export = export_sft([made], guard=OPEN)
    (example,) = export.examples
    assert isinstance(example, SftExample)
    model = ScriptedModel([example.messages[1].content])
    found = await LlmMuse(model).propose(ProposeRequest(topic=TOPIC, sources=made.background))
    assert model.requests[0].messages[0].content == example.messages[0].content
    assert found.faults == ()
    assert found.proposals[0].text == made.idea.text
    assert found.proposals[0].papers == made.idea.origin.papers


async def test_5_1_bit_flip_spark_reads_back_as_such() -> None:
    made = candidate(1, flipped(1))
    export = export_sft([made, candidate(2)], guard=OPEN, form=Form.BIT_FLIP_SPARK)
    (example,) = export.examples
    assert isinstance(example, SftExample)
    assert [each.idea for each in export.left_out] == [candidate(2).idea.id]
    assert "assumption" in export.left_out[0].reason
    assert example.about["bit"] == flipped(1).dropped
    assert example.about["flip"] == flipped(1).consequence
    answer = json.loads(example.messages[1].content)["ideas"][0]
    assert 0 < len(str(answer["thoughts"]).split()) <= 6
    model = ScriptedModel([example.messages[1].content])
    asked = ProposeRequest(topic=TOPIC, sources=made.background, shape=Shape.BIT_FLIP)
    assert (await LlmMuse(model).propose(asked)).proposals[0].text == made.idea.text
    assert model.requests[0].messages[0].content == example.messages[0].content


@given(st.text(min_size=1, max_size=60).filter(lambda title: title.split() != []))
def test_5_1_a_spark_has_at_most_six_words(title: str) -> None:
    assert 1 <= len(spark(replace(text(1), title=title)).split()) <= 6


@given(
    st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 5)), st.integers(-9, 9)), max_size=8),
    st.one_of(st.none(), st.integers(1, 5)),
    st.integers(-9, 9),
    st.integers(-9, 9),
)
def test_5_1_only_wanted_tiers_and_days_come_out_and_the_rest_is_told(
    made: list[tuple[int | None, int]], worst: int | None, since: int, until: int
) -> None:
    all_of = [
        candidate(number, tier=tier, made=DAY + timedelta(days=days))
        for number, (tier, days) in enumerate(made)
    ]
    wanted = Filter(worst_tier=worst, since=DAY + timedelta(days=since), until=DAY + timedelta(days=until))
    export = export_sft(all_of, guard=OPEN, wanted=wanted)
    fits = [
        str(each.idea.id)
        for each, (tier, days) in zip(all_of, made, strict=True)
        if (worst is None or (tier is not None and tier <= worst)) and since <= days <= until
    ]
    assert [each.about["idea"] for each in export.examples] == fits
    assert len(export.examples) + len(export.left_out) == len(all_of)
    assert all(each.reason for each in export.left_out)


def match(first: int, second: int, verdict: Verdict, pairing: int, *, swapped: bool = False) -> Match:
    ids = [candidate(number).idea.id for number in (first, second)]
    return Match(
        axis=Axis.EXCITEMENT,
        first=ids[0],
        second=ids[1],
        verdict=verdict,
        judge="j",
        pairing=pairing,
        seed=0,
        swapped=swapped,
    )


def test_5_2_winners_go_over_losers_and_a_judge_of_slots_gives_no_pair() -> None:
    log = [
        match(1, 2, Verdict.SECOND, 0),
        match(3, 4, Verdict.FIRST, 1),
        match(4, 3, Verdict.FIRST, 1, swapped=True),
        match(1, 3, Verdict.FIRST, 2),
        match(3, 1, Verdict.TIE, 2, swapped=True),
        match(2, 4, Verdict.ABSTAIN, 3),
        match(1, 9, Verdict.FIRST, 4),
    ]
    pairs = tournament_pairs([candidate(number) for number in (1, 2, 3, 4)], log, axis=Axis.EXCITEMENT)
    numbers = {candidate(number).idea.id: number for number in (1, 2, 3, 4)}
    found = {(numbers[each.chosen.idea.id], numbers[each.rejected.idea.id]): each.weight for each in pairs}
    assert found == {(2, 1): 1.0, (1, 3): 0.5}
    assert tournament_pairs([candidate(1), candidate(2)], log, axis=Axis.NOVELTY) == ()
    others = [candidate(1), candidate(2, topic="another topic")]
    assert tournament_pairs(others, log, axis=Axis.EXCITEMENT) == ()


def test_5_2_divpo_takes_the_rare_of_the_good_over_the_common_of_the_bad() -> None:
    common = "Let device return what the pump before it has lost"
    group = [
        candidate(1, text(1, common), quality=5.0),
        candidate(2, text(2, "Mangrove roots sort ions by charge along layered walls"), quality=4.0),
        candidate(3, text(3, common), quality=2.0),
        candidate(4, text(4, "Bridges sway and pendulums answer with delay"), quality=1.0),
        candidate(5, text(5, common)),
    ]
    (pair,) = divpo_pairs(group, EMBEDDER)
    assert (pair.chosen, pair.rejected) == (group[1], group[2])
    assert pair.about["chosen_rarity"] > pair.about["rejected_rarity"]  # type: ignore[operator]
    for share in (0.0, 0.6):
        with pytest.raises(UserError, match="share"):
            divpo_pairs(group, EMBEDDER, share=share)
    with pytest.raises(UserError, match="one topic"):
        divpo_pairs([*group, candidate(6, topic="birds")], EMBEDDER)
    assert divpo_pairs([], EMBEDDER) == ()


@given(
    st.lists(st.one_of(st.none(), st.integers(1, 5)), max_size=10),
    st.sampled_from([0.1, 0.25, 0.5]),
    st.integers(1, 4),
)
def test_5_2_divpo_pools_never_meet(scores: list[int | None], share: float, most: int) -> None:
    group = [candidate(number, quality=score) for number, score in enumerate(scores)]
    pairs = divpo_pairs(group, EMBEDDER, share=share, most=most)
    good, bad = (
        {each.idea.id for each in side}
        for side in ([pair.chosen for pair in pairs], [pair.rejected for pair in pairs])
    )
    assert not good & bad
    assert len(good) == len(bad) == len(pairs) <= most
    for pair in pairs:
        assert pair.chosen.quality > pair.rejected.quality  # type: ignore[operator]


@pytest.mark.parametrize("term", ["novelty", "diversity", "surprise", "quality"])
def test_5_2_each_crpo_weight_alone_orders_by_its_term(term: str) -> None:
    group = [candidate(number, quality=float(number % 3)) for number in range(6)]
    group[2] = candidate(2, text(2, "Zeolite whiskers hum ultrasonically beneath glaciers"), quality=0.0)
    reference = [*(source.abstract for source in SOURCES), text(9).whole]
    weights = replace(Terms(novelty=0.0, diversity=0.0, surprise=0.0, quality=0.0), **{term: 2.0})
    pairs = crpo_pairs(group, EMBEDDER, reference, weights=weights)
    terms = measure(group, EMBEDDER, reference)
    by_id = {each.idea.id: getattr(one, term) for each, one in zip(group, terms, strict=True)}
    assert pairs
    for pair in pairs:
        assert pair.weight == pytest.approx(by_id[pair.chosen.idea.id] - by_id[pair.rejected.idea.id])
        assert pair.weight >= 0.1
        assert pair.about[f"chosen_{term}"] == by_id[pair.chosen.idea.id]
    if term != "quality":
        assert pairs[0].chosen == group[2]
    assert crpo_pairs(group, EMBEDDER, reference, weights=weights, most=1) == pairs[:1]


def test_5_2_crpo_weighs_all_terms_together_and_refuses_what_is_no_weight() -> None:
    group = [candidate(number, quality=float(number)) for number in range(4)]
    one, other = Terms(quality=1.0, novelty=0, diversity=0, surprise=0.5), Terms()
    assert one.weighed(other) == pytest.approx(0.375)
    for wrong in (Terms(novelty=-1.0), Terms(novelty=0, diversity=0, surprise=0, quality=0)):
        with pytest.raises(UserError, match="weights"):
            crpo_pairs(group, EMBEDDER, [], weights=wrong)
    assert crpo_pairs([], EMBEDDER, [], weights=Terms()) == ()


def test_5_2_terms_by_hand() -> None:
    import numpy as np

    assert ranked(np.array([3.0, np.nan, 1.0, 3.0])).tolist() == [0.75, 0.5, 0.0, 0.75]
    assert ranked(np.array([1.0])).tolist() == [0.5]
    rows = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert rarity(rows).tolist() == [0.5, 0.5, 1.0]
    plain, odd, none = surprisal(["salt salt", "glacier", ""], ["salt salt salt water"]).tolist()
    assert 0 < plain < odd
    assert none == 0.0


def test_5_2_pairs_are_exported_with_one_prompt_for_both() -> None:
    one = candidate(1, quality=2.0, background=SOURCES[:2])
    other = candidate(2, quality=1.0, background=SOURCES[1:3])
    pairs = crpo_pairs([one, other], EMBEDDER, [], weights=Terms(novelty=0, diversity=0, surprise=0))
    (example,) = export_preferences(pairs, guard=OPEN).examples
    assert isinstance(example, PreferenceExample)
    for source in SOURCES[:3]:
        assert example.prompt[0].content.count(source.abstract) == 1
    assert json.loads(example.chosen[0].content)["ideas"][0]["title"] == one.idea.text.title
    assert json.loads(example.rejected[0].content)["ideas"][0]["papers"] == ["p1", "p2"]
    assert (example.weight, example.about["by"]) == (1.0, "crpo")


def test_5_2_the_day_is_told_in_the_export() -> None:
    (example,) = export_sft([candidate(1, made=date(2024, 2, 29))], guard=OPEN).examples
    assert example.about["made"] == "2024-02-29"
