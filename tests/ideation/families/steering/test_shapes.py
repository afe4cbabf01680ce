from __future__ import annotations

from ideation.families.steering.shapes import PlainArm, SamplerArm, VerbalizedArm, sweep
from ideation.muse import Proposal, Proposed, ProposeRequest, Shape
from tests.ideation.families.search.papers import CannedMuse, desk, idea_text


class Told(CannedMuse):
    """Gives the probabilities that it is told to."""

    def __init__(self, *probabilities: float | None) -> None:
        super().__init__()
        self.probabilities = probabilities

    async def propose(self, request: ProposeRequest) -> Proposed:
        self.proposed.append(request)
        start = sum(each.count for each in self.proposed[:-1])
        told = self.probabilities
        return Proposed(
            proposals=tuple(
                Proposal(text=idea_text(at), probability=told[at % len(told)])
                for at in range(start, start + request.count)
            )
        )


async def test_2_1_k_ideas_a_call_from_the_tail_with_their_probabilities() -> None:
    muse = Told(0.09, 0.01, None, 0.5)
    found = await VerbalizedArm(k=5, tail=0.1).run(desk(muse), 12)
    assert [request.count for request in muse.proposed] == [5, 5, 2]
    assert {(request.shape, request.tail) for request in muse.proposed} == {(Shape.VERBALIZED, 0.1)}
    assert [idea.origin.probability for idea in found.ideas[:4]] == [0.09, 0.01, None, 0.5]
    assert found.measures["with_probability"] == 0.75
    assert found.measures["over_tail"] == 1 / 3


async def test_2_1_probabilities_choose_nothing() -> None:
    low, high = Told(0.001, 0.002), Told(0.999, 0.001)
    titles = [
        [idea.text for idea in (await VerbalizedArm(k=4).run(desk(muse), 6)).ideas] for muse in (low, high)
    ]
    assert titles[0] == titles[1]


async def test_2_1_each_burst_names_what_the_ones_before_said() -> None:
    muse = Told(0.05)
    found = await VerbalizedArm(k=2, most_said=3).run(desk(muse), 6)
    said = [request.said for request in muse.proposed]
    titles = [idea.text.title for idea in found.ideas]
    assert said == [(), tuple(titles[:2]), tuple(titles[1:4])]
    apart = Told(0.05)
    await VerbalizedArm(k=2, burst=False).run(desk(apart), 6)
    assert {request.said for request in apart.proposed} == {()}


async def test_2_11_a_temperature_is_an_arm_like_any_other() -> None:
    arms = sweep((0.2, 0.7, 0.7, 1.3))
    assert [arm.lever for arm in arms] == ["temperature_0.2", "temperature_0.7", "temperature_1.3"]
    for arm in arms:
        muse = CannedMuse()
        found = await arm.run(desk(muse), 3)
        assert {request.temperature for request in muse.proposed} == {arm.temperature}
        assert {idea.origin.temperature for idea in found.ideas} == {arm.temperature}
        assert {idea.origin.lever for idea in found.ideas} == {arm.lever}


async def test_2_11_only_the_temperature_differs_from_a_plain_call() -> None:
    plain, hot = CannedMuse(), CannedMuse()
    await PlainArm().run(desk(plain), 3)
    await SamplerArm(temperature=1.3).run(desk(hot), 3)
    for one, other in zip(plain.proposed, hot.proposed, strict=True):
        assert one.temperature is None
        assert (one.sources, one.seed, one.shape) == (other.sources, other.seed, other.shape)


async def test_each_call_is_shown_other_papers_with_its_own_seed() -> None:
    muse = CannedMuse()
    await PlainArm().run(desk(muse), 6)
    assert len({request.seed for request in muse.proposed}) == 6
    assert len({request.sources for request in muse.proposed}) > 3
    assert all(len(request.sources) == 6 for request in muse.proposed)
