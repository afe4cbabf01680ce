"""The (English) words by which lessons are compared: stems, synonyms, opposites, denials, orders."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

STRONG, WEAK = 1.0, 0.5
"""How surely a word is affirmed or denied: in `never join A on B`, A surely and B perhaps."""


def stem(word: str) -> str:
    cut = SUFFIX.sub("", word)
    cut = cut[:-1] if len(cut) > 3 and cut[-1] == cut[-2] and cut[-1] not in "ls" else cut
    return cut.removesuffix("i") if cut == word else stem(cut)


def stems(tokens: Iterable[str]) -> Iterator[str]:
    """Content words: function words left out, synonyms made one, antonyms their dimension."""
    for token in tokens:
        if token not in STOP and token[0].isalnum():
            root = stem(token)
            yield POLES[root][0] if root in POLES else SYNONYMS.get(root, root)


def wordset(text: str, form: Callable[[str], str] = str) -> frozenset[str]:
    return frozenset(map(form, text.split()))


SUFFIX = re.compile(r"(?<=\w{3})(?:ations?|ions?|ments?|ings?|ed|ers?|ly|es|s|e|y)$")
SAME = """look find found identify search seek locate check test examine inspect see seen consult read
verify; use employ apply take taken choose chosen pick; hold held contain store stand lie keep kept; say said
tell told state name list show shown reveal mention report give given call; obtain fetch retrieve; make made
create build built produce generate; compare match; join connect combine pair; sort order arrange; begin
start launch; end finish; return yield result; query statement; row record entry line; device host machine
computer; account user; email mail message; folder directory; change modify alter edit update; wrong
incorrect bad; exist remain stay; write written; run ran execute; send sent; describe description; occur
happen; fast quick rapid; beside next near; treat consider regard; cut truncate; equal equality identical"""
UNLIKE = """early earlier | late later; first earliest oldest initial | last latest newest final recent;
ascending asc | descending desc; source origin | target destination; inbound incoming ingress | outbound
outgoing egress; enable | disable; succeed success successful work pass | fail failure unsuccessful break;
accept | reject; include | exclude; allow permit approve | deny refuse block forbid; increase raise widen
extend more higher larger longer greater above | decrease lower reduce narrow less fewer smaller shorter
below; max maximum highest | min minimum lowest; upper uppercase | lowercase; true | false; full complete |
short partial; present | missing absent empty; internal inside | external outside; open | close; add insert |
remove delete; encrypt | decrypt; encode | decode"""
GROUPS, DIMENSIONS = (
    [[stem(word) for word in group.split()] for group in text.split(";")] for text in (SAME, UNLIKE)
)
SYNONYMS = {word: group[0] for group in reversed(GROUPS) for word in group}
POLES = {
    word: (f"{group[0]}/", STRONG if at < group.index("|") else -STRONG)
    for group in DIMENSIONS
    for at, word in enumerate(group)
}
LIGHT = wordset(  # words that differ between paraphrases without another meaning
    """make let put come go need help try always often usual common most simple direct real actual still
    already even yet now ever together way thing case place sure likely well much many several few get require
    belong appear become cause happen look use hold say exist ask question want request answer""",
    stem,
)
STOP = wordset(
    """a an the of in on at by for with to from as is are was were be been being am it its this that these
    those there here and or but so if when whenever while where which who whom whose what why how than then
    too also i just only very own same each every all any some both one other another such you your we our
    they their them he she do does did done has have had having will would can could may might must shall
    should because since although though until unless per into onto about again once not no never nor neither
    without before after avoid contrasted first up out off down s"""
)
UNKNOWN = "unsaid"
BE = wordset("is are was were be been being get gets")
DENYING_ALL = wordset("not never nothing none nobody")
DENYING_ON = wordset("no without than neither nor avoid avoids avoiding contrasted")
DENYING_BACK = wordset("missing absent empty fail fails")
EXCLUDING = wordset("skip exclude omit ignore drop discard disregard", stem)
PREFERRING = {"over": wordset("prefer favour favor trust believe choose take", stem), "to": {stem("prefer")}}
PREPOSITIONS = wordset("by with via using through for from in on at to into of as")
ORDERING = wordset("before after then once until")
MOVING = wordset("copy convert move translate migrate push send upload cast switch redirect", stem)
GOING = wordset("go lead get pivot jump walk trace link join match connect compare relate", stem)
MUTUAL = wordset("join match compare connect agree equal between", stem)
GIVEN = wordset("because since when whenever if where which who that before after until unless although once")
BOUNDARY = GIVEN | wordset(", ( ) and but so while then")
NUMBERS = {"two": "2", "twice": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
NUMBERS |= {"seven": "7", "eight": "8", "nine": "9", "ten": "10", "twenty": "20", "hundred": "100"}
UNNAMED = wordset(
    "ip url uri sql json xml csv html id ids sid upn utc dns http https api c2 cpu os vpn and or not i a"
)
HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
SENTENCE = re.compile(r"[;:!?\n]|\.(?!\w)")
TOKEN = re.compile(r"\w+|[,()]")
QUOTED = re.compile(r"\"[^\"]+\"|`[^`]+`|(?<!\w)'[^']+'(?!\w)")
NAME = re.compile(r"\b(?:\w*[a-z0-9][A-Z]\w*|\w+_\w+|[A-Z][A-Z0-9]+|\w*\d\w*|(?<=[\w,)] )[A-Z]\w+)\b")
KIND_OF_NAME = re.compile(r"\b(?:(?:[Cc]olumn|[Tt]able|[Ff]ield|[Kk]ey|called|named) )+(?=[\"'`]?[A-Z])")
PHRASES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"n['’]t\b|(?<=\bcan)not\b", " not"),
        (r"['’]s?\b", " "),
        (r"\bbeforehand\b", "after"),
        (r"\bafterwards?\b", "before"),
        (r"\bthat of\b", "of"),
        (r"\b(?:not only|not just|nothing but|no more than)\b", " "),
        (r"\b(?:instead of|rather than|as opposed to|and not|but not)\b|, (?:not|never)\b", ", contrasted"),
        (r"\bcontrasted (?:as|at|by|for|from|in|of|on|to|with)\b", "contrasted"),
        (r"\b(?:away from|out of|free of)\b", " without "),
        (r"\b(?:no need to|need not|no longer)\b", " not "),
        (r"\bleft out\b", "excluded"),
        (r"\bleav(?:e|es|ing) (\w+ )?out\b", r"exclude \1"),
        (r"\bcommand and control\b", "c2"),
        (r"\b(?:do not|never|not|no|avoid)\b([^.;:,]*?)\b(?:until|unless|without|before)\b", r"\1 after"),
    )
)
