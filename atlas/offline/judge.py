"""Reward by the weight of evidence, without a model and without gold."""

from __future__ import annotations

from atlas.judge import Judgement
from atlas.offline.teacher import review_episode
from atlas.teacher import Review
from core.episode import Episode, Task, Verdict
from core.recorder import Recorder

_REWARDS = {Verdict.ACCEPTED: 1.0, Verdict.UNVERIFIED: 0.5, Verdict.REJECTED: 0.0}


class OfflineJudge:
    """1 when two tables agree on the answer, 1/2 when one shows it in a record of the event, else 0.

    It applies the Teacher's rules itself, so that an attempt is judged in a lane without a Teacher too.
    """

    name = "evidence"

    async def judge(self, task: Task, episode: Episode, review: Review, recorder: Recorder) -> Judgement:
        found = review_episode(task, episode)
        return Judgement(reward=_REWARDS[found.verdict], rationale="; ".join(found.reasons))

    async def close(self) -> None:
        return None
