"""Cues: when an item says it applies, and what of a task answers to that.

A cue is phrases with commas between, each enough by itself, or one `re:` pattern. A phrase answers to a cue
that the query names, or to the task's text where it stands there word by word; `entity:TYPE` answers to a
text that holds a value of the type.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate

from memory.gates import CUE_PATTERN
from memory.gates.abstraction import contained_kinds
from memory.identity import normalised
from memory.recall.ranking import STOP_WORDS, singular

ENTITY_KINDS = {
    "an IP address": "ip",
    "an e-mail address": "email",
    "a URL": "url",
    "a GUID": "guid",
    "a SID": "sid",
    "a MAC address": "mac",
    "a hash or long hex number": "hash",
    "a domain or host name": "host",
    "a path of a person": "path",
    "a network path": "path",
    "a date or time": "date",
}
"""Kinds of values that the gates know, and the types that cues name them by."""
ENTITY = "entity"
MOST_WORDS = 6
"""Words of the longest phrase that is looked for in a text."""

_SEPARATOR = re.compile(r"[,;|\n]")
_WORD = re.compile(r"\w+(?:[-_.:/'’]+\w+)*")


def cue_key(phrase: str) -> str:
    """A phrase as it is compared: one case, single spaces, plain plurals cut."""
    return " ".join(map(singular, normalised(phrase).split()))


def cue_alternatives(cue: str) -> frozenset[str]:
    """The keys of a cue's phrases: `ip address, c2 server` has two, a pattern none."""
    if cue.startswith(CUE_PATTERN):
        return frozenset()
    return frozenset(key for part in _SEPARATOR.split(cue) if (key := cue_key(part)))


@lru_cache(maxsize=32)  # a task asks for each audience, and again for each attempt
def cues_in(text: str) -> frozenset[str]:
    """Every key that a text answers to: its runs of up to `MOST_WORDS` words, `entity:TYPE` of its values.

    A run of nothing but `the`, `of` and their like says nothing of a task.
    """
    found = {f"{ENTITY}:{ENTITY_KINDS[kind]}" for kind in contained_kinds(text) if kind in ENTITY_KINDS}
    words = _WORD.findall(normalised(text))
    tokens = [singular(word) for word in words]
    telling = list(accumulate((word not in STOP_WORDS for word in words), initial=0))
    for start in range(len(tokens)):
        for end in range(start + 1, min(start + MOST_WORDS, len(tokens)) + 1):
            if telling[end] > telling[start]:
                found.add(" ".join(tokens[start:end]))
    return frozenset(found)


def cue_contradicts(alternatives: frozenset[str], cues: frozenset[str]) -> bool:
    """The cue names a property (`answer_type:ip`) that the query has with other values only."""
    named = {phrase.partition(":")[0] for phrase in alternatives if ":" in phrase}
    known = {cue.partition(":")[0] for cue in cues if ":" in cue}
    return bool(alternatives) and bool(named & known) and alternatives.isdisjoint(cues)
