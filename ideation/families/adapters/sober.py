"""An idea without what only flatters: a reward is measured on the rest, so that such words cannot raise it.

Left out are words that praise, marks of citations (what they point at is checked elsewhere), and sentences
that are said twice, are taken from a prompt, speak to whoever grades, say nothing in particular, or share no
word with the topic and the rest of the idea.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from ideation.idea import IdeaText
from ideation.likeness.reading import tokens_of
from ideation.likeness.spans import longest_shared_span
from memory.recall.lexicon import STOP

PROMPT_RUN_WORDS = 8
"""Words in one run that a sentence shares with a prompt it was taken from; all of a shorter one."""
FEWEST_TELLING = 3
SAID_TWICE = 0.8
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_CITATION = re.compile(
    r"\s*(?:\[[^\[\]]{1,80}\]|\((?:[A-Z][\w'’-]+[^()]{0,60}?,?\s*)(?:19|20)\d\d[a-z]?\)|\bdoi:\s*\S+|\barxiv:\s*\S+)",
    re.I,
)
_PRAISE = frozenset(
    re.findall(
        r"\S+",
        "ambitious amazing best-in-class brilliant compelling comprehensive creative cutting-edge disruptive"
        " elegant exceptional exciting extraordinary extremely fascinating first-of-its-kind game-changing"
        " groundbreaking highly holistic immense impactful important impressive incredible ingenious"
        " innovative interesting landmark meaningful novel original outstanding paradigm paradigm-shifting"
        " pioneering powerful profound promising remarkable revolutionary rigorous robust seamless seminal"
        " significant significantly sophisticated state-of-the-art striking synergistic timely"
        " transformative truly ultimate unique unparalleled unprecedented vastly visionary world-class",
    )
)
_BEFORE_PRAISE = frozenset({"a", "an", "the", "and", "is", "are", "very", "most", "more"})
"""Words that go with the praise behind them."""
_GRADER = re.compile(
    r"\b(?:rate|score|grade|rank|judge|award|assign|give)\w*\b.{0,60}\b(?:highest|maximum|full|top|best|perfect"
    r"|above|10|ten|first|1\.0)\b|\b(?:ignore|disregard|forget)\b.{0,40}\b(?:previous|above|prior|earlier"
    r"|instructions?)\b|\b(?:dear|note to|as an?) (?:\w+ ){0,2}"
    r"(?:reviewers?|judges?|graders?|evaluators?|ai)\b",
    re.I,
)
_GENERIC = frozenset(
    re.findall(
        r"\w+",
        "ability able aim approach area aspect benefit case challenge change community contribution design"
        " direction domain effect effort evidence experiment field finding framework future goal idea impact"
        " improvement insight issue knowledge literature method model new number open opportunity performance"
        " possibility practice problem process progress project proposal question research researcher result"
        " science scientific scientist society solution strategy study system task technique technology test"
        " theory thing topic understanding use value way work world various many several great good better"
        " broad wide deep overall general potential advance address explore enable provide improve develop"
        " lead open pave offer bring make help promise advances benefits challenges contributions directions"
        " domains fields findings ideas insights methods models opportunities problems questions results"
        " systems techniques applications application",
    )
)


class Cut(StrEnum):
    """Why a sentence does not count."""

    TWICE = "said twice"
    PROMPT = "taken from a prompt"
    GRADER = "speaks to the grader"
    NOTHING = "says nothing in particular"
    APART = "shares no word with the rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sober:
    """`text` is what is left; `cut` has each sentence left out, with the part it stood in."""

    text: IdeaText
    cut: tuple[tuple[str, Cut, str], ...]


def sober(text: IdeaText, topic: str, prompts: Sequence[str] = ()) -> Sober:
    """Take out of every part what says nothing of the idea. Done twice, it changes nothing more."""
    asked = [tokens_of(prompt) for prompt in prompts]
    kept: dict[str, list[str]] = {each.name: [] for each in fields(text)}
    cut: list[tuple[str, Cut, str]] = []
    seen: list[frozenset[str]] = []
    for name, part in ((name, getattr(text, name)) for name in kept):
        for sentence in _SENTENCE.split(part.strip()):
            plain = _plain(sentence)
            why = _why(sentence, telling(plain), seen, asked) if plain else None
            if why is not None:
                cut.append((name, why, sentence))
            elif plain:
                kept[name].append(plain)
                seen.append(telling(plain))
    anchor = telling(topic) | _in_several(kept)
    for name, said in kept.items():
        for plain in [each for each in said if not telling(each) & anchor]:
            if len(said) > 1:
                said.remove(plain)
                cut.append((name, Cut.APART, plain))
    return Sober(text=IdeaText(**{name: " ".join(said) for name, said in kept.items()}), cut=tuple(cut))


def telling(text: str) -> frozenset[str]:
    """Words that say of what: neither of every sentence, nor of every proposal, nor praise."""
    return frozenset(tokens_of(text)) - STOP - _GENERIC - _PRAISE


def _plain(sentence: str) -> str:
    kept: list[str] = []
    for word in _CITATION.sub("", sentence).split():
        if word.strip("*_\"'“”,;:!.?()").casefold() not in _PRAISE:
            kept.append(word)
        elif kept and kept[-1].casefold() in _BEFORE_PRAISE:
            kept.pop()
    return " ".join(kept)


def _why(
    sentence: str, words: frozenset[str], seen: Sequence[frozenset[str]], asked: Sequence[list[str]]
) -> Cut | None:
    if _GRADER.search(sentence):
        return Cut.GRADER
    if len(words) < FEWEST_TELLING:
        return Cut.NOTHING
    if any(len(words & other) >= SAID_TWICE * len(words | other) for other in seen):
        return Cut.TWICE
    own = tokens_of(sentence)
    run = min(PROMPT_RUN_WORDS, len(own))
    if any(longest_shared_span(own, prompt).length >= run for prompt in asked):
        return Cut.PROMPT
    return None


def _in_several(parts: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Telling words that stand in two parts or more."""
    count = Counter(word for said in parts.values() for word in telling(" ".join(said)))
    return frozenset(word for word, times in count.items() if times > 1)
