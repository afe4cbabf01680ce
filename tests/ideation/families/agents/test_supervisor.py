from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ideation.families.agents.gate import Act, Decision, Gate, ScriptedDecider
from ideation.families.agents.meta_review import LONGEST_LINE, MOST_LINES, MetaReviews, recurring, summarise
from ideation.families.agents.supervisor import SupervisorArm
from ideation.idea import Idea
from ideation.muse import ReviewRequest
from tests.ideation.families.agents.papers import FailingMuse, ScriptedMuse, desk
from tests.ideation.families.agents.test_panel import NAMES, graded


def weak_in_novelty(request: ReviewRequest) -> int:
    return 2 if request.criterion.name == "novelty" else 5


async def test_4_6_what_recurs_is_told_to_the_batches_that_follow() -> None:
    muse = ScriptedMuse(grade=weak_in_novelty)
    made = await SupervisorArm(batch=3).run(desk(muse), 9)
    first, second, third = muse.proposed
    assert first.advice == ()
    assert "novelty: weak in 3 of the 3 ideas before" in second.advice
    assert "say what it is compared with" in second.advice
    assert third.advice == second.advice
    assert made.measures["meta_reviews"] == 1
    by_round = {idea.round: idea.origin.feedback for idea in made.ideas if not idea.parents}
    assert by_round[0] == ()
    assert all(line.startswith("meta-review 1 (") for line in by_round[1])
    assert len(muse.listed) == 3
    assert all("novelty (2 of 5)" in line for line in muse.listed[0].material)


async def test_4_6_versions_count_up_and_stay() -> None:
    said = iter(("name the baseline", "name the price"))
    muse = ScriptedMuse(grade=weak_in_novelty, listed=lambda _: (next(said, "name the price"),))
    made = await SupervisorArm(batch=2).run(desk(muse), 6)
    assert made.measures["meta_reviews"] == 2
    assert "name the baseline" in muse.proposed[1].advice
    assert "name the price" in muse.proposed[2].advice
    assert "name the baseline" not in muse.proposed[2].advice
    feedback = {line.split(" (")[0] for idea in made.ideas for line in idea.origin.feedback if "meta" in line}
    assert feedback == {"meta-review 1", "meta-review 2"}


@given(st.lists(st.lists(st.text(max_size=300), max_size=6), max_size=6))
def test_4_6_a_version_is_short_new_and_numbered(said: list[list[str]]) -> None:
    meta = MetaReviews()
    for lines in said:
        before = meta.advice
        version = meta.add(lines, 1)
        assert (version is None) == (meta.advice == before)
    assert [each.version for each in meta.versions] == list(range(1, len(meta.versions) + 1))
    for each in meta.versions:
        assert 1 <= len(each.lines) <= MOST_LINES
        assert all(0 < len(line) <= LONGEST_LINE and "\n" not in line for line in each.lines)


async def test_4_6_without_words_the_counts_still_tell() -> None:
    reviews = [graded({**dict.fromkeys(NAMES, 4), "clarity": score}) for score in (1, 2, None, 5)]
    assert recurring(reviews) == ("clarity: weak in 2 of the 3 ideas before",)
    assert await summarise(desk(judge=FailingMuse()), reviews) == recurring(reviews)
    assert recurring(reviews[:1]) == ()
    assert await summarise(desk(), []) == ()


async def test_without_supervision_nothing_is_passed_on() -> None:
    muse = ScriptedMuse(grade=weak_in_novelty)
    made = await SupervisorArm(supervised=False, batch=2).run(desk(muse), 4)
    assert all(request.advice == () for request in muse.proposed)
    assert muse.listed == []
    assert made.measures["meta_reviews"] == 0


async def test_only_what_is_weak_is_fed_back_and_the_better_version_stays() -> None:
    def mended_is_better(request: ReviewRequest) -> int:
        return 4 if "mended" in request.idea.mechanism else weak_in_novelty(request)

    muse = ScriptedMuse(grade=mended_is_better)
    made = await SupervisorArm(batch=2).run(desk(muse), 2)
    assert all(request.weaknesses == ("novelty: the novelty of it is 2",) for request in muse.revised)
    assert all(request.keep == ("problem",) for request in muse.revised)
    # One step up in novelty is not worth one step down in each of five others.
    assert (made.measures["mended"], made.measures["mended_kept"]) == (2, 0)
    assert all("novelty +2, validity -1" in each.reason for each in made.rejected)

    muse = ScriptedMuse(grade=lambda each: 5 if "mended" in each.idea.mechanism else weak_in_novelty(each))
    made = await SupervisorArm(batch=2).run(desk(muse), 2)
    assert made.measures["mended_kept"] == 2
    assert all(idea.parents and idea.origin.operators[-1] == "mend" for idea in made.ideas)


async def test_the_judge_grades_and_is_told_apart_from_the_writer() -> None:
    writer, judge = ScriptedMuse(), ScriptedMuse()
    judge.name = "another"
    made = await SupervisorArm().run(desk(writer, judge), 2)
    assert made.measures["same_model"] == 0
    assert not writer.graded
    assert judge.graded
    assert (await SupervisorArm().run(desk(), 1)).measures["same_model"] == 1


async def test_4_9_a_person_steers_later_batches_and_edits_lose_their_grades() -> None:
    def rule(stage: str, idea: Idea) -> Decision:
        if "number 1 " in idea.text.title and stage == "reviewed":
            return Decision(
                act=Act.EDIT, text=replace(idea.text, title="In my own words, shorter"), note="short"
            )
        if "number 2 " in idea.text.title and stage == "proposed":
            return Decision(act=Act.VETO, note="done in 1990")
        if "number 3 " in idea.text.title and stage == "proposed":
            return Decision(act=Act.STEER, note="think of small islands")
        return Decision()

    gate = Gate(ScriptedDecider(rule=rule, name="Kim"))
    muse = ScriptedMuse(grade=lambda _: 4)
    made = await SupervisorArm(batch=3, gate=gate).run(desk(muse), 5)
    titles = [idea.text.title for idea in made.ideas]
    assert "In my own words, shorter" in titles
    assert not any("number 2 " in title for title in titles)
    assert any("vetoed at proposed by Kim: done in 1990" in each.reason for each in made.rejected)
    assert "think of small islands" in muse.proposed[1].advice
    edited = next(idea for idea in made.ideas if idea.text.title.startswith("In my own"))
    assert edited.origin.operators[-1] == "edited by Kim"
    assert edited.parents
    assert titles.index(edited.text.title) == len(titles) - 1, "no grade is inherited: it is unknown now"
