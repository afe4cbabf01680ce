from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.adapters import AdapterBackend, ScriptedAdapters, TrainingKind
from core.errors import UserError
from ideation.arm import Desk
from ideation.costs import LedgerModel
from ideation.families.adapters.arms import ARMS
from ideation.families.adapters.candidates import Candidate, Export
from ideation.families.adapters.creativity import Terms
from ideation.families.adapters.features import Judged
from ideation.families.adapters.leakage import LeakageGuard
from ideation.families.adapters.learned_judge import learn, pairs_from_scores
from ideation.families.adapters.preferences import crpo_pairs, export_preferences
from ideation.families.adapters.reranked import OPERATOR, LearnedJudgeArm
from ideation.families.adapters.sft import export_sft
from ideation.families.adapters.tuned import LEVER, NO_ADAPTER, AdapterArm, Tuned, train_adapter
from ideation.idea import Family
from ideation.muse import ReviewRequest
from ideation.muses.llm import LlmMuse
from tests.ideation.families.adapters.made import candidate
from tests.ideation.families.agents.papers import ADVERSARIES, SOURCES, TOPIC, ScriptedMuse, desk, text

OPEN = LeakageGuard()


def by_length(request: ReviewRequest) -> int:
    """Later ideas are better."""
    number = int(request.idea.title.split("number ")[1].split(" ")[0])
    return 1 + min(4, number // 5)


def tuned_by(backend: AdapterBackend, name: str, at: Desk) -> Tuned:
    muse = LlmMuse(LedgerModel(backend.model(name), LEVER, at.ledger))
    return Tuned(muse=muse, handle=backend.load(name))


async def test_5_3_the_arm_gives_the_best_of_many_offline_and_says_what_that_rests_on() -> None:
    at = desk(calls=200)
    made = await LearnedJudgeArm().run(at, 5)
    assert len(made.ideas) == 5
    assert made.measures["pool"] == 20
    assert made.measures["graded"] == 16
    assert made.measures["pairs"] > 0
    assert 0 <= made.measures["held_out_auc"] <= 1
    assert len(made.rejected) == 15
    assert {idea.family for idea in made.ideas} == {Family.ADAPTERS}
    for rank, idea in enumerate(made.ideas, 1):
        (note,) = idea.notes
        assert note.startswith(f"place {rank} of 20 by a judge learned from ")
        assert "as offline graded them; AUC 0." in note or "AUC 1.00" in note
        assert idea.origin.operators == (OPERATOR,)
        assert idea.origin.adapter == ""
    assert await LearnedJudgeArm().run(desk(calls=200), 5) == made


async def test_5_3_a_judge_learned_before_ranks_without_any_grade() -> None:
    ideas = [Judged(id=str(n), text=text(n, "word " * n), topic=TOPIC) for n in range(1, 30)]
    at = desk(muse := ScriptedMuse())
    pairs = pairs_from_scores([float(n) for n in range(len(ideas))], [TOPIC] * len(ideas))
    judge = learn(ideas, pairs, at.embedder)
    made = await LearnedJudgeArm(judge=judge).run(at, 3)
    assert muse.graded == []
    assert len(made.ideas) == 3
    assert "learned before, from 406 pairs" in made.ideas[0].notes[0]


async def test_5_3_where_all_grades_are_equal_nothing_is_ranked_and_that_is_said() -> None:
    made = await LearnedJudgeArm().run(desk(ScriptedMuse(grade=lambda _: 3)), 3)
    assert made.measures["pairs"] == 0
    assert "held_out_auc" not in made.measures
    assert [idea.text.title.split(" on ")[0] for idea in made.ideas] == [
        f"Idea number {n}" for n in (1, 2, 3)
    ]
    assert all("not ranked: 12 grades give no pair" in idea.notes[0] for idea in made.ideas)


async def test_the_judge_that_grades_need_not_be_the_writer() -> None:
    writer, judge = ScriptedMuse(), ScriptedMuse(grade=by_length)
    judge.name = "another"
    made = await LearnedJudgeArm().run(desk(writer, judge), 3)
    assert writer.graded == []
    assert "as another graded them" in made.ideas[0].notes[0]


async def test_without_a_tuned_model_the_adapter_arm_says_why_in_one_line() -> None:
    at = desk()
    made = await AdapterArm().run(at, 5)
    assert (made.ideas, made.stopped) == ((), NO_ADAPTER)
    assert "\n" not in NO_ADAPTER
    assert at.calls.made == 0
    other = await AdapterArm(why_not="the extra `tune` is not installed").run(desk(), 5)
    assert other.stopped == "the extra `tune` is not installed"


async def test_the_whole_way_topic_ideas_pairs_adapter_ideas(tmp_path: Path) -> None:
    """Offline ideas become preference pairs, the pairs an adapter, and its model writes ideas again."""
    at = desk(calls=200)
    made = await LearnedJudgeArm().run(at, 6)
    group = [
        Candidate(
            idea=idea,
            topic=at.topic,
            made=date(2025, 1, 1),
            quality=-float(rank),
            background=tuple(each for each in SOURCES if each.paper in idea.origin.papers),
        )
        for rank, idea in enumerate(made.ideas)
    ]
    pairs = crpo_pairs(group, at.embedder, [each.abstract for each in SOURCES], weights=Terms(), margin=0.0)
    backend: AdapterBackend = ScriptedAdapters()
    export = export_preferences(pairs, guard=OPEN)
    handle = await train_adapter(backend, export, name="ideas-1", base_model="tiny", folder=tmp_path, seed=3)
    assert (handle.manifest["kind"], handle.manifest["examples"]) == (TrainingKind.PREFERENCE, len(pairs))
    tuned = tuned_by(backend, "ideas-1", at)
    again = await AdapterArm(tuned=tuned).run(at, 2)
    assert 1 <= len(again.ideas) <= 2
    known = {pair.chosen.idea.text for pair in pairs}
    for idea in again.ideas:
        assert idea.text in known
        assert idea.origin.adapter == f"ideas-1@{handle.digest[:12]}"
        assert idea.origin.model == "adapter:ideas-1"
        assert idea.family is Family.ADAPTERS
    assert at.ledger.stage("adapter").calls > 0
    assert again.measures["manifest_examples"] == len(pairs)


async def test_supervised_examples_train_too_and_what_cannot_be_trained_on_is_told(tmp_path: Path) -> None:
    backend = ScriptedAdapters()
    export = export_sft([candidate(1), candidate(2)], guard=OPEN)
    handle = await train_adapter(backend, export, name="sft-1", base_model="tiny", folder=tmp_path)
    assert handle.manifest["kind"] == "sft"
    assert (tmp_path / "sft-1.jsonl").read_text().count("\n") == 2
    late = export_sft([candidate(1)], guard=LeakageGuard(evaluation_topics=(TOPIC,)))
    with pytest.raises(UserError, match="none of 1 ideas as an example"):
        await train_adapter(backend, late, name="x", base_model="tiny", folder=tmp_path)
    group = [candidate(number, quality=float(number)) for number in range(2)]
    pairs = crpo_pairs(group, desk().embedder, [], weights=Terms())
    mixed = Export(examples=(*export.examples, *export_preferences(pairs, guard=OPEN).examples))
    with pytest.raises(UserError, match="two kinds"):
        await train_adapter(backend, mixed, name="x", base_model="tiny", folder=tmp_path)
    assert backend.names() == ("sft-1",)


@pytest.mark.parametrize("answer", ["no object at all", '{"ideas": []}', '{"ideas": [{"title": "half"}]}'])
async def test_10_10_a_tuned_model_that_writes_nonsense_ends_the_arm(tmp_path: Path, answer: str) -> None:
    backend = ScriptedAdapters(lambda trained, asked: answer)
    export = export_sft([candidate(1)], guard=OPEN)
    await train_adapter(backend, export, name="bad", base_model="tiny", folder=tmp_path)
    at = desk(calls=1000)
    made = await AdapterArm(tuned=tuned_by(backend, "bad", at)).run(at, 9)
    assert made.ideas == ()
    assert "adapter:bad" in made.stopped
    assert at.calls.made == 6
    assert at.ledger.failures


@pytest.mark.parametrize("name", list(ADVERSARIES))
async def test_10_10_reranking_ends_against_a_muse_that_is_against_it(name: str) -> None:
    at = desk(ADVERSARIES[name](), calls=10_000)
    made = await LearnedJudgeArm().run(at, 6)
    assert at.calls.made < 100
    assert len(made.ideas) == (1 if name == "same" else 0)
    assert name == "same" or made.stopped
    assert name == "same" or at.ledger.failures


@settings(max_examples=25)
@given(st.integers(0, 70), st.integers(1, 5), st.sampled_from(ARMS))
async def test_10_10_a_spent_budget_ends_it_with_what_there_is(
    calls: int, wanted: int, arm: LearnedJudgeArm | AdapterArm
) -> None:
    at = desk(calls=calls)
    made = await arm.run(at, wanted)
    assert at.calls.made <= calls
    assert len(made.ideas) <= wanted
    assert made.stopped or made.ideas


async def test_advice_and_notes_reach_the_writer() -> None:
    muse = ScriptedMuse()
    await LearnedJudgeArm().run(desk(muse, notes="we own a pump", advice=("name a baseline",)), 2)
    assert all(each.notes == "we own a pump" for each in muse.proposed)
    assert all(each.advice == ("name a baseline",) for each in muse.proposed)


def test_the_arms_have_names_of_their_own() -> None:
    assert [arm.lever for arm in ARMS] == ["learned_judge_reranked", "adapter"]
