"""The arms of this family. With a tuned model: `AdapterArm(tuned=...)` in place of the bare one."""

from ideation.families.adapters.reranked import LearnedJudgeArm
from ideation.families.adapters.tuned import AdapterArm

ARMS = (LearnedJudgeArm(), AdapterArm())
