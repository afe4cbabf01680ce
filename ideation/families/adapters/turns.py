"""Prompt and answer as the tuned model will meet them: the pipeline's own template and reply form."""

from __future__ import annotations

import json
import re

from core.adapters import Turn
from core.fences import fence_for
from ideation.families.adapters.candidates import Candidate
from ideation.idea import IdeaText
from ideation.muse import Shape
from ideation.prompts import ProposePrompt

SPARK_WORDS = 6
_DANGLING = frozenset(re.findall(r"\S+", "a an and as at by for from in into of on or the to via with"))


def asked(candidate: Candidate, shape: Shape = Shape.PLAIN) -> tuple[Turn, ...]:
    """What a muse would be asked, given the candidate's topic and background."""
    parts = [part for source in candidate.background for part in (source.title, source.abstract)]
    prompt = ProposePrompt(
        topic=candidate.topic,
        count=1,
        shape=shape.value,
        sources=candidate.background,
        fence=fence_for(*parts, ""),
        operator=None,
        persona="",
        parents=(),
        forbidden=(),
        said=(),
        advice=(),
        notes="",
        tail=None,
    )
    return (Turn(role="user", content=prompt.render()),)


def answered(candidate: Candidate, *, thoughts: str = "") -> tuple[Turn, ...]:
    """The idea as the answer that a muse reads."""
    text = candidate.idea.text
    shown = {source.paper for source in candidate.background}
    idea = {
        "thoughts": thoughts,
        **{name: getattr(text, name) for name in IdeaText.__dataclass_fields__},
        "papers": [paper for paper in candidate.idea.origin.papers if paper in shown],
        "probability": None,
    }
    return (Turn(role="assistant", content=json.dumps({"ideas": [idea]}, ensure_ascii=False)),)


def spark(text: IdeaText) -> str:
    """The core of an idea in at most six words: the head of its title, without a dangling end."""
    words = text.title.split()[:SPARK_WORDS]
    while len(words) > 1 and words[-1].casefold() in _DANGLING:
        words.pop()
    return " ".join(words)
