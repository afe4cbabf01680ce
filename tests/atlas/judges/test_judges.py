"""Judges: the rule judge, samples and the arbiter, outages."""

from __future__ import annotations

import json

import pytest

from atlas.judge import Judgement
from atlas.judges.llm import LlmJudge, LlmJudgeConfig
from atlas.judges.rules import RuleJudge
from atlas.teacher import Review
from core.chat import ChatReply, ChatRequest
from core.episode import Action, AttemptStatus, Episode, Observation, Step, Verdict
from core.errors import ProviderError
from core.models.scripted import ScriptedModel
from core.usage import Role
from tests.atlas.parts import ListRecorder, make_task

REVIEW = Review(verdict=Verdict.UNVERIFIED)


def episode(answer: str | None = "203.0.113.9") -> Episode:
    step = Step(index=0, action=Action(tool="sql", text="SELECT 1"), observation=Observation(text="[(1,)]"))
    status = AttemptStatus.SUBMITTED if answer else AttemptStatus.LIMIT
    return Episode(task=make_task(), number=0, steps=(step,), answer=answer, status=status)


def sample(score: float, uncertainty: float = 0.1, rationale: str = "r") -> str:
    principles = [{"name": "support", "weight": 1.0}]
    return json.dumps(
        {"principles": principles, "rationale": rationale, "score": score, "uncertainty": uncertainty}
    )


async def judge(
    model: ScriptedModel, samples: int = 1, arbiter: ScriptedModel | None = None, answer: str | None = "x"
) -> Judgement:
    return await LlmJudge(model, LlmJudgeConfig(samples=samples), arbiter=arbiter).judge(
        make_task(), episode(answer), REVIEW, ListRecorder()
    )


@pytest.mark.parametrize(
    ("verdict", "reward"),
    [(Verdict.ACCEPTED, 1.0), (Verdict.REJECTED, 0.0), (Verdict.UNVERIFIED, None)],
)
async def test_the_rule_judge_reads_the_verdict(verdict: Verdict, reward: float | None) -> None:
    found = await RuleJudge().judge(make_task(), episode(), Review(verdict=verdict), ListRecorder())
    assert found.reward == reward
    assert found.rationale


async def test_one_sure_sample_is_the_judgement() -> None:
    assert await judge(ScriptedModel([sample(0.8)])) == Judgement(reward=0.8, rationale="r", uncertainty=0.1)


async def test_samples_that_agree_are_averaged_at_different_temperatures() -> None:
    model = ScriptedModel(lambda request: sample(0.8 + (request.temperature or 0) / 10))
    found = await judge(model, samples=3)
    assert found.reward == pytest.approx(0.85)
    assert len({request.temperature for request in model.requests}) == 3


@pytest.mark.parametrize(
    "script",
    [[sample(0.5, uncertainty=0.9)], [sample(0.1), sample(0.9), sample(0.9)]],
    ids=["unsure", "disagree"],
)
async def test_the_arbiter_decides_where_the_samples_do_not(script: list[str]) -> None:
    arbiter = ScriptedModel([sample(1.0, 0.0, "decided")])
    found = await judge(ScriptedModel(script), samples=len(script), arbiter=arbiter)
    assert found == Judgement(reward=1.0, rationale="decided", uncertainty=0.0)
    assert "score 0." in arbiter.requests[0].messages[0].content


def failing(*replies: str | None) -> ScriptedModel:
    left = list(replies)

    def script(request: ChatRequest) -> ChatReply | str:
        reply = left.pop(0)
        if reply is None:
            raise ProviderError("503")
        return reply

    return ScriptedModel(script)


async def test_an_outage_is_no_reward_and_not_zero() -> None:
    assert (await judge(failing(None))).reward is None


async def test_nonsense_is_no_reward() -> None:
    assert (await judge(ScriptedModel(["good work", "good work"]))).reward is None
    assert (await judge(ScriptedModel([sample(7.0), sample(-1.0)]))).reward is None


async def test_a_single_survivor_goes_to_the_arbiter() -> None:
    arbiter = ScriptedModel([sample(0.2)])
    assert (await judge(failing(None, sample(0.9), None), samples=3, arbiter=arbiter)).reward == 0.2


async def test_without_the_arbiter_the_samples_stand() -> None:
    found = await judge(ScriptedModel([sample(0.5, 0.9)]), arbiter=failing(None))
    assert found == Judgement(reward=0.5, rationale="r", uncertainty=0.9)


async def test_no_submission_is_zero_without_a_call() -> None:
    model = ScriptedModel([])
    assert (await judge(model, answer=None)).reward == 0.0
    assert model.requests == []


async def test_calls_stand_in_the_ledger_as_the_judge() -> None:
    recorder = ListRecorder()
    await LlmJudge(ScriptedModel([sample(1.0)])).judge(make_task(), episode(), REVIEW, recorder)
    assert [role for role, *_ in recorder.calls] == [Role.JUDGE]


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_judgement_out_of_range_cannot_be_made(value: float) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        Judgement(reward=value, rationale="")
