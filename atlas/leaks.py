"""Keeps answers out of guidance: a note or a draft that gives a value away is cut.

The check is by text, so it errs on the side of cutting: a lost note costs little, a leaked answer makes a
retry, and every later task with the same answer, worthless as a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from atlas.triage import find_values
from core.episode import Episode

_SHORTEST = 3
"""Answers of fewer characters (a count, a letter) stand in any sentence, and are not searched for."""

_TOKEN = re.compile(r"[^\s`'\"<>(),;:]+")
_TELLING = re.compile(r"[\d@\\]")
_TELLING_LENGTH = 5


def reveals_answer(text: str, episode: Episode) -> bool:
    """Whether a text contains the submitted answer, or one of the values that the answer is made of."""
    answer = episode.answer
    if answer is None:
        return False
    values = {answer.strip().strip(".").lower(), *(v.lower() for v in find_values(answer))}
    values |= {t.lower() for t in _TOKEN.findall(answer) if _is_telling(t)}
    return any(_stands_in(value, text.lower()) for value in values if len(value) >= _SHORTEST)


def reveals_observed_value(text: str, episode: Episode) -> bool:
    """Whether a text contains a value that was seen in observations only: not in the prompt."""
    named = {value.lower() for value in find_values(text)}
    named |= {t.rstrip(".").lower() for t in _TOKEN.findall(text) if _is_telling(t)}
    prompt = episode.task.prompt.lower()
    unknown = [value for value in named if len(value) >= _SHORTEST and value not in prompt]
    if not unknown:
        return False
    return any(value in step.observation.text.lower() for step in episode.steps for value in unknown)


def safe_notes(notes: Iterable[str], episode: Episode) -> tuple[str, ...]:
    """The notes that give nothing away."""
    return tuple(
        note
        for note in notes
        if note.strip() and not reveals_answer(note, episode) and not reveals_observed_value(note, episode)
    )


def _is_telling(token: str) -> bool:
    return len(token) >= _TELLING_LENGTH and _TELLING.search(token) is not None


def _stands_in(value: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None
