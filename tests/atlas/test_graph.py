"""The graph as a whole: lanes, the one retry, memory modes, rewards, limits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from atlas.agent import AtlasAgent
from atlas.checkpoints import SqliteCheckpoints
from atlas.config import AtlasConfig, FeedbackSource, MemoryMode
from atlas.teacher import Review
from core.episode import Environment, Episode, Lane, Task, Verdict
from core.errors import Limit, LimitReached, UserError
from core.guidance import Guidance
from core.recorder import Recorder
from memory.credit.outcome import Metric
from memory.embedding.lexical import LexicalEmbedder
from memory.items import Evidence, Status
from memory.library import PamphletLibrary
from tests.atlas.parts import (
    ListRecorder,
    PlanStudent,
    SayingJudge,
    SayingTeacher,
    TableEnvironment,
    draft,
    make_task,
)

REJECTED = Review(
    verdict=Verdict.REJECTED,
    reasons=("it is the victim's address",),
    notes=("Check which side of the connection you read.", "The answer is 203.0.113.9."),
)
ACCEPTED = Review(verdict=Verdict.ACCEPTED)
RIGHT_LATER = PlanStudent(("SELECT ip FROM alerts", "198.51.100.1"), ("SELECT ip FROM alerts", "203.0.113.9"))


def library() -> PamphletLibrary:
    return PamphletLibrary.in_memory(LexicalEmbedder())


def seeded() -> PamphletLibrary:
    """A library with one active item that fits `make_task`."""
    memory = library()
    for task in ("earlier-1", "earlier-2"):
        evidence = Evidence(run_id="before", task_id=task, group="g0", reward=1.0)
        memory.learn([draft("Ask the alert table for the address that attacked the host.")], evidence)
    return memory


async def work(agent: AtlasAgent, recorder: ListRecorder | None = None, **kwargs: object):
    recorder = recorder or ListRecorder()
    return await agent.work(make_task(), TableEnvironment(), recorder, **kwargs)


async def test_auto_lane_makes_one_attempt_and_never_calls_the_teacher() -> None:
    teacher, recorder = SayingTeacher(REJECTED), ListRecorder()
    agent = AtlasAgent(PlanStudent(), teacher, SayingJudge(), None, AtlasConfig(lane=Lane.AUTO))
    outcome = await work(agent, recorder)
    assert teacher.reviewed == 0
    assert len(outcome.episodes) == 1
    assert outcome.verdict is Verdict.UNVERIFIED
    assert recorder.kinds() == ["task_started", "triaged", "lane_chosen", "attempt_ended", "judged"]


async def test_paired_lane_stops_after_an_accepted_attempt() -> None:
    teacher = SayingTeacher(ACCEPTED)
    outcome = await work(AtlasAgent(PlanStudent(), teacher, SayingJudge(), None, AtlasConfig()))
    assert (len(outcome.episodes), outcome.verdict, teacher.reviewed) == (1, Verdict.ACCEPTED, 1)


async def test_paired_lane_retries_once_with_guidance_and_validates_the_last_attempt() -> None:
    student = PlanStudent(*RIGHT_LATER.plans)
    teacher, recorder = SayingTeacher(REJECTED, ACCEPTED), ListRecorder()
    outcome = await work(AtlasAgent(student, teacher, SayingJudge(), None, AtlasConfig()), recorder)
    assert outcome.answer == "203.0.113.9"
    assert [e.number for e in outcome.episodes] == [0, 1]
    assert teacher.reviewed == 2
    assert outcome.verdict is Verdict.ACCEPTED
    assert student.seen[0].notes == ()
    assert student.seen[1].notes == ("Check which side of the connection you read.",)
    assert set(recorder.attempts) == {0, 1}


async def test_a_teacher_that_always_rejects_gets_one_retry_and_a_rejected_outcome() -> None:
    teacher = SayingTeacher(REJECTED)
    outcome = await work(AtlasAgent(PlanStudent(), teacher, SayingJudge(), None, AtlasConfig()))
    assert (len(outcome.episodes), teacher.reviewed, outcome.verdict) == (2, 2, Verdict.REJECTED)


async def test_an_unverified_attempt_is_not_retried() -> None:
    outcome = await work(
        AtlasAgent(
            PlanStudent(), SayingTeacher(Review.unverified("down")), SayingJudge(), None, AtlasConfig()
        )
    )
    assert (len(outcome.episodes), outcome.verdict) == (1, Verdict.UNVERIFIED)


async def test_a_retry_gets_a_note_even_when_every_note_leaked() -> None:
    leaking = Review(verdict=Verdict.REJECTED, notes=("It is 198.51.100.1, not 203.0.113.9.",))
    student = PlanStudent(*RIGHT_LATER.plans)
    await work(AtlasAgent(student, SayingTeacher(leaking), SayingJudge(), None, AtlasConfig()))
    (note,) = student.seen[1].notes
    assert "198.51.100.1" not in note
    assert "203.0.113.9" not in note


@pytest.mark.parametrize("lane", [Lane.COACH, Lane.STEPWISE])
def test_lanes_to_come_are_a_clear_error(lane: Lane) -> None:
    with pytest.raises(UserError, match=f"{lane.value} is not available yet"):
        AtlasConfig(lane=lane)


async def test_learning_adds_an_item_and_tells_it() -> None:
    memory, recorder = library(), ListRecorder()
    teacher = SayingTeacher(ACCEPTED, drafts=[draft()])
    await work(AtlasAgent(PlanStudent(), teacher, SayingJudge(0.8), memory, AtlasConfig()), recorder)
    (item,) = memory.items()
    assert item.content == draft().content
    assert memory.evidence(item.id)[0].reward == 0.8
    assert recorder.kinds()[-1] == "distilled"
    assert recorder.events[-1].added == (item.id,)


async def test_recalled_items_reach_the_student_and_are_credited() -> None:
    memory, student = seeded(), PlanStudent()
    (item,) = memory.items(status=Status.ACTIVE)
    before = item.credit.mean
    config = AtlasConfig(withhold=0.0)
    outcome = await work(AtlasAgent(student, SayingTeacher(), SayingJudge(1.0), memory, config))
    assert [i.id for i in student.seen[0].items] == [item.id]
    assert outcome.guidance_items == (item.id,)
    assert memory.get(item.id).credit.mean > before


async def test_withheld_items_stay_away_from_the_student_and_are_counted() -> None:
    memory, student, recorder = seeded(), PlanStudent(), ListRecorder()
    (item,) = memory.items(status=Status.ACTIVE)
    config = AtlasConfig(withhold=0.999999)
    outcome = await work(AtlasAgent(student, SayingTeacher(), SayingJudge(1.0), memory, config), recorder)
    assert student.seen[0].items == outcome.guidance_items == ()
    assert next(e.withheld for e in recorder.events if e.kind == "recalled") == (item.id,)
    (exposure,) = memory.exposures(item.id)
    assert (exposure.outcome, exposure.reward, exposure.counted) == ("withheld", 1.0, True)
    assert memory.get(item.id).credit == item.credit
    assert memory.trials(item.id).metrics[Metric.STEPS].withheld.n == 1


async def test_frozen_memory_withholds_nothing() -> None:
    memory, student = seeded(), PlanStudent()
    config = AtlasConfig(memory=MemoryMode.FROZEN, withhold=0.999999)
    await work(AtlasAgent(student, SayingTeacher(), SayingJudge(1.0), memory, config))
    assert len(student.seen[0].items) == 1


async def test_memory_off_neither_reads_nor_writes() -> None:
    memory, student = seeded(), PlanStudent()
    before = memory.items()
    config = AtlasConfig(memory=MemoryMode.OFF)
    teacher = SayingTeacher(drafts=[draft()])
    outcome = await work(AtlasAgent(student, teacher, SayingJudge(), memory, config))
    assert student.seen[0].empty
    assert outcome.guidance_items == ()
    assert memory.items() == before
    assert teacher.distilled == []


async def test_frozen_memory_is_read_and_not_changed() -> None:
    memory, student = seeded(), PlanStudent()
    before = memory.items()
    teacher = SayingTeacher(drafts=[draft()])
    config = AtlasConfig(memory=MemoryMode.FROZEN)
    await work(AtlasAgent(student, teacher, SayingJudge(), memory, config))
    assert len(student.seen[0].items) == 1
    assert memory.items() == before
    assert teacher.distilled == []


async def test_nothing_is_learned_when_the_judge_could_not_say() -> None:
    memory = seeded()
    before = memory.items()
    teacher = SayingTeacher(drafts=[draft()])
    outcome = await work(AtlasAgent(PlanStudent(), teacher, SayingJudge(None), memory, AtlasConfig()))
    assert outcome.reward is None
    assert memory.items() == before
    assert teacher.distilled == []


async def test_feedback_score_is_what_memory_learns_from_and_not_what_is_reported() -> None:
    async def feedback(episode: Episode) -> float:
        assert episode.answer == "203.0.113.9"
        return 0.25

    teacher = SayingTeacher(drafts=[draft()])
    config = AtlasConfig(feedback=FeedbackSource.SCORE)
    agent = AtlasAgent(PlanStudent(), teacher, SayingJudge(1.0), library(), config)
    outcome = await work(agent, feedback=feedback)
    assert [reward for reward, _ in teacher.distilled] == [0.25]
    assert outcome.reward == 1.0


async def test_a_draft_that_holds_the_answer_is_not_learned() -> None:
    memory = library()
    teacher = SayingTeacher(drafts=[draft("The attacker is always jsmith-admin."), draft()])
    student = PlanStudent(("SELECT ip FROM alerts", "jsmith-admin"))
    await work(AtlasAgent(student, teacher, SayingJudge(), memory, AtlasConfig()))
    assert [item.content for item in memory.items()] == [draft().content]


async def test_a_spent_budget_stops_before_the_attempt_and_the_task_goes_on_later() -> None:
    recorder = ListRecorder(limit=Limit.MONEY)
    agent = AtlasAgent(PlanStudent(), SayingTeacher(), SayingJudge(), None, AtlasConfig())
    with pytest.raises(LimitReached):
        await work(agent, recorder)
    recorder.limit = None
    outcome = await work(agent, recorder)
    assert outcome.answer == "203.0.113.9"
    assert recorder.kinds().count("task_started") == 1


async def test_many_tasks_at_once_keep_apart(tmp_path: Path) -> None:
    class Echo(PlanStudent):
        """Submits the task's own id."""

        async def attempt(
            self, task: Task, environment: Environment, guidance: Guidance, recorder: Recorder, number: int
        ) -> Episode:
            await asyncio.sleep(0.001)
            plan = PlanStudent(("SELECT ip FROM alerts", f"answer of {task.id}"))
            return await plan.attempt(task, environment, guidance, recorder, number)

    memory, checkpoints = library(), SqliteCheckpoints(tmp_path / "checkpoints.sqlite")
    teacher = SayingTeacher(REJECTED, drafts=[draft()])
    agent = AtlasAgent(Echo(), teacher, SayingJudge(), memory, AtlasConfig(), checkpoints)
    names = [f"t{i}" for i in range(12)]
    outcomes = await asyncio.gather(
        *(agent.work(make_task(n), TableEnvironment(), ListRecorder(task_key=n)) for n in names)
    )
    await agent.close()
    assert [outcome.answer for outcome in outcomes] == [f"answer of {name}" for name in names]
    (item,) = memory.items()
    assert item.support == 12


async def test_a_finished_task_worked_again_repeats_its_outcome_without_work() -> None:
    student, recorder = PlanStudent(), ListRecorder()

    class Store:
        def episode(self, run_id: str, task_key: str, number: int) -> Episode | None:
            return recorder.attempts.get(number)

    agent = AtlasAgent(student, SayingTeacher(), SayingJudge(), None, AtlasConfig(), store=Store())
    first = await work(agent, recorder)
    events = list(recorder.events)
    assert await work(agent, recorder) == first
    assert len(student.seen) == 1
    assert recorder.events == events
