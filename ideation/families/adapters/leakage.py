"""The door of every export: no topic that is kept for evaluation, no paper from after the cutoff.

A model that was trained on what it is tested with tells nothing; so where it cannot be shown that a paper is
old enough, or that a topic is another, the example is left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.adapters import Example, PreferenceExample
from core.errors import UserError
from ideation.corpus.dates import Cutoff, Published
from ideation.corpus.identity import PaperId, normal_title
from ideation.families.adapters.candidates import Candidate

SAME_TOPIC = 0.6
"""Share of the shorter topic's telling words that make two topics one."""
_IN_BRACKETS = re.compile(r"\[([^\[\]\s]+)\]")
_LIKE_AN_ID = re.compile(r"p[0-9a-f]{16}")
_EMPTY = frozenset(
    re.findall(
        r"\S+",
        "a an and are as at be by can do for from how in into is it its new of on or that the their there "
        "this to toward towards using via what when where which while why will with without better improved "
        "improving method methods approach approaches novel research study",
    )
)
_LEAST_TITLE_WORDS = 3


@dataclass(frozen=True, kw_only=True)
class LeakageGuard:
    """`published` has every paper that a run could see, with None for those without a date; `titles` are
    looked for in the texts themselves.
    """

    evaluation_topics: tuple[str, ...] = ()
    cutoff: Cutoff = field(default_factory=Cutoff.hides_nothing)
    published: Mapping[PaperId, Published | None] = field(default_factory=dict)
    titles: Mapping[PaperId, str] = field(default_factory=dict)

    def fault(self, candidate: Candidate) -> str | None:
        """Why it may not be trained on; None where it may."""
        if kept := self._same_topic(candidate.topic):
            return f"its topic is kept for evaluation: {kept!r}"
        papers = {
            *candidate.idea.origin.papers,
            *(source.paper for source in candidate.background),
            *self._cited(candidate.idea.text.whole),
        }
        if late := sorted(paper for paper in papers if not self.cutoff.shows(self.published.get(paper))):
            return f"{late[0]} is not known to be from before the cutoff"
        shown = (part for each in candidate.background for part in (each.title, each.abstract))
        return self.text_fault("\n".join((candidate.idea.text.whole, *shown)))

    def text_fault(self, text: str) -> str | None:
        """What of the forbidden stands in a text, word for word."""
        plain = f" {normal_title(text)} "
        for topic, words in self._topics:
            if words and f" {normal_title(topic)} " in plain:
                return f"it names a topic that is kept for evaluation: {topic!r}"
        if late := self._late_title(plain):
            return f"it names {late}, which is not known to be from before the cutoff"
        return None

    def check(self, examples: Iterable[Example]) -> None:
        """The last look, at the very lines that will be written.

        Raises:
            UserError: an example holds what it may not; nothing should be written then.
        """
        for number, example in enumerate(examples, 1):
            turns = (
                (*example.prompt, *example.chosen, *example.rejected)
                if isinstance(example, PreferenceExample)
                else example.messages
            )
            if fault := self.text_fault("\n".join(turn.content for turn in turns)):
                raise UserError(f"example {number} may not be exported: {fault}")

    def _same_topic(self, topic: str) -> str | None:
        words = _telling(topic)
        for kept, wanted in self._topics:
            shared = len(words & wanted)
            if shared and shared >= SAME_TOPIC * min(len(words), len(wanted)):
                return kept
            if normal_title(kept) == normal_title(topic):
                return kept
        return None

    def _cited(self, text: str) -> set[PaperId]:
        """Papers that a text names in brackets: those that are known, and what looks like a paper's id."""
        named = {PaperId(each) for each in _IN_BRACKETS.findall(text)}
        return {paper for paper in named if paper in self.published or _LIKE_AN_ID.fullmatch(paper)}

    def _late_title(self, plain: str) -> PaperId | None:
        """A late paper whose title stands in the text. Titles are looked up by their first words, because a
        library may hold very many.
        """
        words = plain.split()
        for place in range(len(words) - _LEAST_TITLE_WORDS + 1):
            for paper, title in self._late_titles.get(tuple(words[place : place + _LEAST_TITLE_WORDS]), ()):
                if f" {title} " in plain:
                    return paper
        return None

    @cached_property
    def _topics(self) -> tuple[tuple[str, frozenset[str]], ...]:
        return tuple((topic, _telling(topic)) for topic in self.evaluation_topics)

    @cached_property
    def _late_titles(self) -> Mapping[tuple[str, ...], list[tuple[PaperId, str]]]:
        """By their first words; titles of one or two words are no sign of a paper."""
        found: defaultdict[tuple[str, ...], list[tuple[PaperId, str]]] = defaultdict(list)
        for paper, title in self.titles.items():
            words = tuple(normal_title(title).split())
            if len(words) >= _LEAST_TITLE_WORDS and not self.cutoff.shows(self.published.get(paper)):
                found[words[:_LEAST_TITLE_WORDS]].append((paper, " ".join(words)))
        return found


def _telling(topic: str) -> frozenset[str]:
    """Words that say what it is about, without endings of number."""
    words = (word for word in normal_title(topic).split() if word not in _EMPTY)
    return frozenset(re.sub(r"(?<=\w{3})(?:ies|es|s)$", "", word) for word in words)
