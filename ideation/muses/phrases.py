"""Short phrases of a text that say what it is about, without a model: runs of words between stop words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_][\w'’/+-]*[^\W_]|\w")
_BREAK = re.compile(r"[.;:,!?()\[\]{}\"“”—–]|\s-\s")
_STOP = frozenset(
    re.findall(
        r"\S+",
        "a about above after all also although an and any are as at be because been before being "
        "between both but by can could did do does due during each either for from further had has have "
        "having here how however if in into is it its itself may might more most much must nor not of "
        "on once one only or other our over own per same shall she should since so some such than that "
        "the their them then there these they this those through thus to too two under until up upon "
        "via was we were what when where whether which while who whose why will with within without "
        "would you your herein report reports reported show shows showed shown present presents "
        "presented propose proposes proposed introduce introduced develop developed demonstrate "
        "demonstrated reveal reveals study studies work paper results result using used use based new "
        "novel first recent recently here remain remains still well including among toward towards yet "
        "many various several different important challenge challenging problem problems approach "
        "approaches method methods strategy strategies enable enables enabled enabling achieve achieved "
        "achieves provide provides provided find found make makes made called known key highly high low "
        "large small significant significantly potential generally often",
    )
)
MOST_WORDS = 5


def phrases(text: str) -> list[str]:
    """Phrases of one to five words, those that tell most first; none stands within another that is kept."""
    found: Counter[str] = Counter()
    first: dict[str, str] = {}
    for clause in _BREAK.split(text):
        for run in _runs(clause):
            plain = " ".join(run).casefold()
            found[plain] += 1
            first.setdefault(plain, " ".join(run))
    order = sorted(found, key=lambda plain: -_telling(plain, found[plain]))
    return [first[plain] for plain in order]


def _runs(clause: str) -> Iterable[list[str]]:
    run: list[str] = []
    for word in [*_WORD.findall(clause), ""]:
        if word and word.casefold() not in _STOP:
            run.append(word)
            continue
        if run and any(len(part) > 2 for part in run):
            yield run[-MOST_WORDS:]  # the noun of a phrase stands at its end
        run = []


def _telling(plain: str, times: int) -> float:
    """Two to four long words tell most; said again tells more."""
    parts = plain.split()
    letters = sum(map(len, parts)) / len(parts)
    return {1: 0.5, 2: 1.0, 3: 1.0, 4: 0.9}.get(len(parts), 0.7) * min(letters, 9.0) / 9.0 + 0.1 * (times - 1)
