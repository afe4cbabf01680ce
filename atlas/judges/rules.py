"""A judge without a model: the Teacher's verdict as a number."""

from __future__ import annotations

from atlas.judge import Judgement
from atlas.teacher import Review
from core.episode import Episode, Task, Verdict
from core.recorder import Recorder


class RuleJudge:
    """Accepted is 1 and rejected 0.

    An unverified attempt has no reward rather than one half: nothing was found out about it, and a half
    would count as evidence and pull the credit of every item that was shown towards the prior.
    """

    name = "rules"

    async def judge(self, task: Task, episode: Episode, review: Review, recorder: Recorder) -> Judgement:
        because = "; ".join(review.reasons)
        match review.verdict:
            case Verdict.ACCEPTED:
                return Judgement(reward=1.0, rationale=because or "the review accepted it")
            case Verdict.REJECTED:
                return Judgement(reward=0.0, rationale=because or "the review rejected it")
            case Verdict.UNVERIFIED:
                return Judgement(reward=None, rationale=because or "nobody reviewed it")

    async def close(self) -> None:
        return None
