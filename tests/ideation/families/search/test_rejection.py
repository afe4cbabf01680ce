from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ideation.families.search.rejection import RejectionArm
from ideation.families.search.saturation import Saturation
from ideation.idea import IdeaText
from ideation.muse import ReviseRequest
from tests.ideation.families.search.papers import CannedMuse, desk, idea_text, same_muse


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 12), st.floats(0.0, 1.0))
def test_3_11_saturation_is_the_share_of_new_ideas_in_the_last_batch(
    news: list[bool], batch: int, least: float
) -> None:
    saturation = Saturation(batch=batch, least=least)
    for new in news:
        saturation.add(new)
    last = news[-batch:]
    assert saturation.share == (sum(last) / len(last) if last else 1.0)
    assert saturation.reached == (len(news) >= batch and sum(last) / batch < least)


async def test_3_11_an_arm_ends_when_less_than_a_fifth_of_a_batch_is_new() -> None:
    found = await RejectionArm(batch=10).run(desk(same_muse()), 50)
    assert len(found.ideas) == 1
    assert found.stopped == "saturated: 10% of the last 10 ideas were new"
    assert found.measures["unique_share_last_batch"] == 0.1


async def test_3_8_a_twin_is_rewritten_at_most_thrice_and_given_up_with_the_reason() -> None:
    def stubborn(request: ReviseRequest, number: int) -> IdeaText:
        return idea_text(0) if number % 2 else idea_text(1)

    muse = CannedMuse(text=lambda number: idea_text(min(number, 1)), revision=stubborn)
    found = await RejectionArm(attempts=3, batch=4).run(desk(muse), 3)
    assert len(found.ideas) == 2
    assert found.rejected
    first = found.rejected[0]
    assert f"says the same as {found.ideas[0].id}" in first.reason or str(found.ideas[1].id) in first.reason
    assert first.reason.endswith("after 3 attempts")
    assert first.lever == "novelty_rejection"
    assert len(muse.revised) <= 2 * (len(found.rejected))
    assert muse.revised[0].unlike[0].title in {idea.text.title for idea in found.ideas}


async def test_3_8_a_rewriting_that_is_new_is_kept() -> None:
    muse = CannedMuse(text=lambda number: idea_text(0), revision=lambda request, number: idea_text(number))
    found = await RejectionArm().run(desk(muse), 3)
    assert [idea.text.title.split(" ")[0] for idea in found.ideas] == ["boron0", "wavelet1", "iron2"]
    assert found.rejected == ()
    assert [len(idea.parents) for idea in found.ideas] == [0, 1, 1]


async def test_3_8_ideas_of_the_run_are_not_repeated_either() -> None:
    first = await RejectionArm().run(desk(CannedMuse()), 1)
    place = desk(same_muse())
    found = await RejectionArm(batch=4).run(replace(place, known=first.ideas), 2)
    assert found.ideas == ()
    assert all(first.ideas[0].id in each.reason for each in found.rejected)
