"""The rules in their order, what each advises, and the reward that follows from them."""

from __future__ import annotations

import pytest

from atlas.offline.advice import Advice
from atlas.offline.judge import OfflineJudge
from atlas.offline.teacher import OfflineTeacher, OfflineTriager, cues_of, review_episode
from atlas.teacher import Review
from core.episode import Episode, Verdict
from core.guidance import Guidance
from memory.gates import contains_entity_value
from tests.atlas.offline.samples import ADDRESS, PASTED, PROMPT, cell, make_episode, make_task, rows
from tests.atlas.parts import ListRecorder

ONE = ("SELECT Title, Ip FROM Jam", rows((PASTED, ADDRESS)))
TWO = ("SELECT AlertName, Things FROM Pot", rows((PASTED, cell({"Address": ADDRESS}))))
BARE = ("SELECT Ip FROM Jam", rows((ADDRESS,)))
ECHO_PROMPT = f"It began at {ADDRESS}. {PROMPT}"
RULES = [
    ("nothing submitted", make_episode(ONE, TWO, answer=None), Verdict.REJECTED, Advice.SUBMIT),
    ("an empty answer", make_episode(ONE, answer=""), Verdict.REJECTED, Advice.SUBMIT),
    ("another type", make_episode(ONE, TWO, answer="mill-lap7"), Verdict.REJECTED, Advice.FIT_THE_TYPE),
    (
        "two where one is asked",
        make_episode(ONE, answer=f"{ADDRESS}, 192.0.2.1"),
        Verdict.REJECTED,
        Advice.FIT_THE_TYPE,
    ),
    ("an echo", make_episode(ONE, TWO, task=make_task(ECHO_PROMPT)), Verdict.REJECTED, Advice.NOT_AN_ECHO),
    ("an echo of another type", make_episode(answer="mill-lap7"), Verdict.REJECTED, Advice.FIT_THE_TYPE),
    ("never seen", make_episode(ONE, answer="192.0.2.1"), Verdict.REJECTED, Advice.BE_SEEN),
    ("seen in no query", make_episode(), Verdict.REJECTED, Advice.BE_SEEN),
    ("seen without the event", make_episode(BARE), Verdict.REJECTED, Advice.NAME_THE_EVENT),
    (
        "seen in a text",
        make_episode(("SELECT 1", f"a note on {ADDRESS}")),
        Verdict.REJECTED,
        Advice.NAME_THE_EVENT,
    ),
    ("one table", make_episode(ONE, ONE, BARE), Verdict.UNVERIFIED, Advice.CORROBORATE),
    ("two tables", make_episode(ONE, TWO), Verdict.ACCEPTED, None),
]


@pytest.mark.parametrize(("episode", "verdict", "advice"), [r[1:] for r in RULES], ids=[r[0] for r in RULES])
async def test_each_rule_gives_its_verdict_its_advice_and_its_reward(
    episode: Episode, verdict: Verdict, advice: Advice | None
) -> None:
    review = await OfflineTeacher().review(episode.task, episode, Guidance(), ListRecorder())
    assert (review.verdict, review.notes) == (verdict, () if advice is None else (advice.value,))
    assert len(review.reasons) == 1
    # the judge applies the rules itself, whatever review it is handed
    judgement = await OfflineJudge().judge(
        episode.task, episode, Review(verdict=Verdict.ACCEPTED), ListRecorder()
    )
    assert judgement.reward == {"accepted": 1.0, "unverified": 0.5, "rejected": 0.0}[verdict]
    assert judgement.rationale == review.reasons[0]


def test_every_advice_is_given_by_some_rule_and_holds_no_answer() -> None:
    assert {advice for *_, advice in RULES} - {None} == set(Advice)
    assert [contains_entity_value(advice.value) for advice in Advice] == [None] * len(Advice)
    reviews = [review_episode(episode.task, episode) for _, episode, *_ in RULES]
    assert not [r for r in reviews if ADDRESS in " ".join((*r.notes, *r.reasons))]


async def test_drafts_follow_the_reward_and_not_the_review() -> None:
    episode, review = make_episode(ONE), Review(verdict=Verdict.REJECTED)
    teacher = OfflineTeacher()
    for reward, kept in ((1.0, 1), (0.0, 0)):
        drafts = await teacher.distil(episode.task, [episode], review, reward, (), ListRecorder())
        assert len(drafts) == kept


def test_triage_names_the_type_the_cue_and_the_entities() -> None:
    triage = OfflineTriager().triage(make_task(ECHO_PROMPT))
    assert (triage.answer_type, triage.cues) == ("ip", ("answer_type:ip",))
    assert set(triage.entities) == {ADDRESS, "mill-lap7"}
    assert cues_of("How many?") == ("answer_type:other",)
