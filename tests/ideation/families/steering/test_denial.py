from __future__ import annotations

from dataclasses import replace

import pytest

from ideation.families.steering.denial import DenialArm
from ideation.idea import IdeaText
from ideation.muse import ListRequest
from tests.ideation.families.search.papers import NOUNS, TOPIC, CannedMuse, desk, idea_text


def nouns_in(request: ListRequest) -> tuple[str, ...]:
    """The first word of each idea's title, as a model would name the mechanism."""
    return tuple(f"{text.split(' ')[0]} lattices" for text in request.material)


async def test_2_2_what_was_used_is_forbidden_from_the_next_round_on() -> None:
    muse = CannedMuse(texts=nouns_in)
    found = await DenialArm(rounds=4).run(desk(muse), 8)
    forbidden = [request.forbidden for request in muse.proposed]
    assert forbidden[:2] == [(), ()]
    assert forbidden[2] == forbidden[3] == ("boron0 lattices", "wavelet1 lattices")
    assert forbidden[6] == tuple(f"{NOUNS[at]}{at} lattices" for at in range(6))
    assert [idea.round for idea in found.ideas] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert found.ideas[2].origin.constraints == ("not boron0 lattices", "not wavelet1 lattices")


@pytest.mark.parametrize("seed", range(6))
async def test_2_2_none_of_the_forbidden_terms_returns(seed: int) -> None:
    found = await DenialArm(rounds=3).run(desk(seed=seed), 9)
    assert len(found.ideas) >= 6
    assert found.measures["denied"] > 0
    for idea in found.ideas:
        for term in idea.origin.constraints:
            assert term.removeprefix("not ").casefold() not in idea.text.whole.casefold()


async def test_2_2_an_idea_that_uses_one_all_the_same_is_given_up_with_the_reason() -> None:
    muse = CannedMuse(text=lambda number: idea_text(number % 2), texts=nouns_in)
    found = await DenialArm(rounds=3).run(desk(muse), 6)
    assert len(found.ideas) == 2
    assert {each.reason for each in found.rejected} == {
        "uses what was forbidden: boron0 lattices",
        "uses what was forbidden: wavelet1 lattices",
    }
    assert found.stopped


async def test_2_2_what_the_run_used_before_is_forbidden_from_the_start() -> None:
    earlier = (await DenialArm().run(desk(CannedMuse()), 3)).ideas
    muse = CannedMuse(text=lambda number: idea_text(5 + number), texts=nouns_in)
    found = await DenialArm(known=2).run(replace(desk(muse), known=earlier), 1)
    assert muse.proposed[0].forbidden == ("wavelet1 lattices", "iron2 lattices")
    assert len(found.ideas) == 1


async def test_2_2_the_topic_problems_and_turns_of_speech_are_never_forbidden() -> None:
    def text(number: int) -> IdeaText:
        plain = idea_text(number)
        return IdeaText(
            title=plain.title,
            problem=plain.problem,
            mechanism=f"It is done by means of {plain.mechanism}",
            prediction="",
            evaluation="",
        )

    muse = CannedMuse(
        text=text,
        texts=lambda request: ("little energy", "boron0 obstacle", "by means of", "abc", "boron0 coupling"),
    )
    await DenialArm(rounds=2).run(desk(muse), 4)
    assert "little energy" in TOPIC
    assert muse.proposed[-1].forbidden == ("boron0 coupling",)


async def test_2_2_the_list_does_not_grow_without_limit() -> None:
    muse = CannedMuse(
        texts=lambda request: tuple(f"term number {request.seed}-{at}" for at in range(request.count))
    )
    await DenialArm(rounds=8, most_denied=7).run(desk(muse), 16)
    assert max(len(request.forbidden) for request in muse.proposed) == 7
