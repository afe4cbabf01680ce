"""Whether two lessons say the same, something else, or the opposite.

A cosine alone cannot tell: "sort ascending" and "sort descending" lie closer together than two honest
paraphrases. So names, numbers and actions are compared exactly, what is denied, preferred or done first is
read from the (English) words, and the cosine decides among what is left. In doubt two lessons are distinct:
paraphrases kept apart cost tokens, lessons merged wrongly cost knowledge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import combinations

from memory.identity import content_hash, normalised
from memory.items import ItemDraft
from memory.recall.cues import cue_alternatives, cue_contradicts
from memory.recall.lexicon import (
    BE,
    BOUNDARY,
    DENYING_ALL,
    DENYING_BACK,
    DENYING_ON,
    EXCLUDING,
    GIVEN,
    GOING,
    HYPHEN,
    KIND_OF_NAME,
    LIGHT,
    MOVING,
    MUTUAL,
    NAME,
    NUMBERS,
    ORDERING,
    PHRASES,
    POLES,
    PREFERRING,
    PREPOSITIONS,
    QUOTED,
    SENTENCE,
    STOP,
    STRONG,
    TOKEN,
    UNKNOWN,
    UNNAMED,
    WEAK,
    stem,
    stems,
)


class Decision(StrEnum):
    """What two lessons of one scope and kind are to each other."""

    DUPLICATE = "duplicate"
    DISTINCT = "distinct"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Cosines in [-1, 1] from which two lessons may be duplicates, from which they may contradict where they
    share a name or are akin, and from which they are akin without one.
    """

    duplicate: float
    subject: float
    twin: float = 0.9


CAUTIOUS = Threshold(duplicate=0.9, subject=0.85, twin=0.97)
"""For an embedder whose cosines nobody has looked at."""
CALIBRATED = {
    "all-MiniLM-L6-v2-int8": Threshold(duplicate=0.7, subject=0.65),
    "lexical-v1": Threshold(duplicate=0.45, subject=0.4),
}
"""By the start of an embedder's id; chosen on the calibration half of tests/memory/recall/pairs.py."""
MOST_EXTRA, MOST_APART = 3, 2
"""Words of weight that one of two duplicates may say beyond the other, and in which contradictions differ."""


def threshold_for(embedder_id: str) -> Threshold:
    """The thresholds for an embedder's cosines."""
    return next((known for start, known in CALIBRATED.items() if embedder_id.startswith(start)), CAUTIOUS)


def compare(one: ItemDraft, other: ItemDraft, cosine: float, threshold: Threshold) -> Decision:
    """What two drafts of the same scope and kind are to each other; the order of the two does not matter.

    `cosine` in [-1, 1] is that of their embedded texts (content and cue); `threshold` is its embedder's.
    """
    first, second = _read(one.content), _read(other.content)
    equal = normalised(one.content) == normalised(other.content)
    named_alike = first.names.issubset(second.tokens) and second.names.issubset(first.tokens)
    far = cosine < min(threshold.duplicate, threshold.subject) or not named_alike
    if (far and not equal) or _apply_elsewhere(one, other):
        return Decision.DISTINCT
    if equal:
        return Decision.DUPLICATE
    fewer, more = sorted((len(first.words - second.words - LIGHT), len(second.words - first.words - LIGHT)))
    if _opposed(first, second):
        together = not one.cue or not other.cue or not _read(one.cue).words.isdisjoint(_read(other.cue).words)
        alike = cosine >= threshold.subject and together and fewer + more <= MOST_APART
        return Decision.CONTRADICTION if alike else Decision.DISTINCT
    told_alike = fewer == 0 and more <= min(MOST_EXTRA, len(first.words & second.words) - 1)
    alike = cosine >= threshold.duplicate and told_alike and not _doubtful(first, second)
    return Decision.DUPLICATE if alike else Decision.DISTINCT


def akin(one: ItemDraft, other: ItemDraft, cosine: float, threshold: Threshold) -> bool:
    """Whether two may be one lesson in two wordings. Nobody can be sure: `name the sender` and `name the
    recipient` lie as close as two wordings do.
    """
    first, second = _read(one.content), _read(other.content)
    named_alike = first.names.issubset(second.tokens) and second.names.issubset(first.tokens)
    near = cosine >= (threshold.subject if first.names & second.names else threshold.twin)
    return near and named_alike and not _apply_elsewhere(one, other) and not _opposed(first, second)


def _apply_elsewhere(one: ItemDraft, other: ItemDraft) -> bool:
    """They act otherwise, or hold for other models, other cues, or within other bounds."""
    bounds = {_read(text).names for text in (one.boundary, other.boundary) if text}
    return (
        content_hash(replace(one, content="")) != content_hash(replace(other, content=""))
        or cue_contradicts(cue_alternatives(one.cue), cue_alternatives(other.cue))
        or len(bounds) > 1
    )


# What a lesson's words say.

Signed = Sequence[tuple[str, float]]
Signs = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Words are stems. A sign is STRONG, -STRONG or -WEAK (denied), or 0 (said both ways).

    In `said`, words that say when or why begin with `?`; in `order`, what comes first is positive. `poles`
    are by dimension, and by dimension and a name in the clause; `beside` has the words of a name's clauses.
    """

    tokens: Sequence[str]
    names: frozenset[str]
    words: frozenset[str]
    said: Signs
    order: Signs
    poles: Signs
    beside: Mapping[str, frozenset[str]]


@lru_cache(maxsize=2048)
def _read(content: str) -> _Reading:
    plain = HYPHEN.sub("", content)
    names = frozenset(_names(plain))
    text = KIND_OF_NAME.sub("", plain).casefold()
    for pattern, replacement in PHRASES:
        text = pattern.sub(replacement, text)
    sentences = [_tokens(sentence) for sentence in SENTENCE.split(text)]
    tokens = [token for sentence in sentences for token in sentence]
    clauses = [_signed(clause) for sentence in sentences for clause in _clauses(sentence)]
    return _Reading(
        tokens=tokens,
        names=names,
        words=frozenset(stems(tokens)),
        said=_united(pair for clause in clauses for pair in _said(clause)),
        order=_united(pair for sentence in sentences for pair in _ordered(sentence)),
        beside={token: _beside(clauses, token) for token in set(tokens) - STOP},
        poles=_united(pair for clause in clauses for pair in _polar(clause, names)),
    )


def _tokens(text: str) -> list[str]:
    return [NUMBERS.get(token, token) for token in TOKEN.findall(text.casefold())]


def _names(text: str) -> Iterator[str]:
    """What a paraphrase keeps: quoted words, CamelCase, snake_case, capitals, capitalised words, numbers."""
    for match in QUOTED.finditer(text):
        yield from (token for token in _tokens(match.group()) if token.isalnum())
    yield from (name for match in NAME.finditer(text) if (name := match.group().casefold()) not in UNNAMED)
    yield from (token for token in _tokens(text) if token.isdigit())


def _clauses(sentence: Sequence[str]) -> Iterator[Sequence[str]]:
    """Parts of a sentence; one that says when or why begins with its conjunction, one of advice does not."""
    clause: list[str] = []
    for token in sentence:
        if token not in BOUNDARY or clause[-1:] in (["not"], ["contrasted"]):
            clause.append(token)
            continue
        yield clause
        given = token in GIVEN or (token == "and" and not GIVEN.isdisjoint(clause[:1]))
        clause = [token if token in GIVEN else "when"] if given else []
    yield clause


def _signed(clause: Sequence[str]) -> Signed:
    """Every token with its sign: denied twice is affirmed."""
    signs = [STRONG] * len(clause)
    for position, token in enumerate(clause):
        start, end, force = _denied(clause, position, token)
        for at in range(start, end):
            # What follows a preposition says where or how, and is denied only in part.
            aside = not PREPOSITIONS.isdisjoint(clause[position + 2 : at])
            signs[at] *= -min(force, WEAK if aside else STRONG)
    return list(zip(clause, signs, strict=True))


def _denied(clause: Sequence[str], position: int, token: str) -> tuple[int, int, float]:
    """The part of a clause that the token denies, and how surely."""
    excludes = stem(token) in EXCLUDING
    if excludes and token.endswith("ed") and not BE.isdisjoint(clause[:position]):
        return 0, position, STRONG
    if token in DENYING_BACK:
        return 0, position, WEAK
    if token in DENYING_ALL:
        return 0, len(clause), STRONG
    prefers = token in PREFERRING and not PREFERRING[token].isdisjoint(map(stem, clause))
    if excludes or prefers or token in DENYING_ON:
        return position + 1, len(clause), STRONG
    return 0, 0, STRONG


def _said(clause: Signed) -> Iterator[tuple[str, float]]:
    mark = "?" if clause and clause[0][0] in GIVEN else ""
    yield from ((mark + stem, sign) for token, sign in clause for stem in stems([token]) if "/" not in stem)


def _ordered(sentence: Sequence[str]) -> Iterator[tuple[str, float]]:
    """What a sentence puts first or moves from (positive), and what after it or moves to (negative)."""
    for position, token in enumerate(sentence):
        left, right = list(sentence[:position]), list(sentence[position + 1 :])
        if token in ("to", "into") and _moves(left, right):
            ends = (at for at, word in enumerate(right) if word in PREPOSITIONS or word in BOUNDARY)
            end = next(ends, len(right))
            left, right = left + right[end:], right[:end]
        elif token in ORDERING:
            left, right = _parts(left, right, token)
        else:
            continue
        yield from ((word, STRONG) for word in stems(left))
        yield from ((word, -STRONG) for word in stems(right))


def _moves(left: Sequence[str], right: Sequence[str]) -> bool:
    verbs = {stem(word) for word in left}
    return not verbs.isdisjoint(MOVING) or ("from" in (*left, *right) and verbs.isdisjoint(GOING))


def _parts(left: list[str], right: list[str], token: str) -> tuple[list[str], list[str]]:
    """The two sides of a `before` or `after`, the earlier first."""
    if token == "then":
        return left, right
    left = left[max((at + 1 for at, word in enumerate(left) if word == ","), default=0) :]
    comma = right.index(",") if "," in right else len(right)
    if not set(stems(left)):  # "before A, do B"; without the comma nobody knows where B begins
        left, right = (right[comma:], right) if comma < len(right) else ([UNKNOWN], [])
    return (left, right[:comma]) if token in ("before", "until") else (right[:comma], left)


def _polar(clause: Signed, names: frozenset[str]) -> Iterator[tuple[str, float]]:
    here = ["", *(token for token, _ in clause if token in names)]
    for token, sign in clause:
        if (pole := POLES.get(stem(token))) is not None:
            yield from ((pole[0] + name, pole[1] * sign) for name in here)


def _beside(clauses: Iterable[Signed], name: str) -> frozenset[str]:
    near = [[token for token, _ in clause if token != name] for clause in clauses if name in dict(clause)]
    return frozenset(word for tokens in near for word in stems(tokens))


def _united(pairs: Iterable[tuple[str, float]]) -> Signs:
    """The surest sign of each word; 0 where two differ."""
    found: dict[str, float] = {}
    for word, sign in pairs:
        known = found.get(word, sign)
        found[word] = 0.0 if known * sign <= 0 else max(known, sign, key=abs)
    return found


def _opposed(one: _Reading, other: _Reading) -> bool:
    flipped, agreed = _flips(one.said, other.said)
    against, along, exchanged = _sides(one.order, other.order)
    denied = flipped > 0 and agreed == 0
    return denied or against > along or exchanged or _sides(one.poles, other.poles)[0] > 0


def _flips(one: Signs, other: Signs) -> tuple[int, int]:
    """How many words one surely denies and the other affirms, and how many both deny."""
    shared = [sorted((one[word], other[word])) for word in one.keys() & other.keys()]
    return shared.count([-STRONG, STRONG]), sum(low == -STRONG and high < 0 for low, high in shared)


def _sides(one: Signs, other: Signs) -> tuple[int, int, bool]:
    """How many words have opposite signs, how many the same, and whether some went either way."""
    against = [one[word] for word in one.keys() & other.keys() if one[word] * other[word] < 0]
    along = sum(one[word] * other[word] > 0 for word in one.keys() & other.keys())
    return len(against), along, len(set(against)) > 1


def _doubtful(one: _Reading, other: _Reading) -> bool:
    """The same words, but perhaps not in the same parts, be they advice or what it is given for."""
    first, second = (
        _united((word.lstrip("?"), sign) for word, sign in reading.said.items()) for reading in (one, other)
    )
    flipped, agreed = _sides(first, second)[0], _flips(first, second)[1]
    against, along, _ = _sides(one.order, other.order)
    both_ways = {
        key for poles in (one.poles, other.poles) for key in poles if key[-1] == "/" and not poles[key]
    }
    sure = {key.partition("/")[0] for key in one.poles if one.poles[key] * other.poles.get(key, 0) > 0}
    return (
        flipped > agreed
        or against > along // 2
        or UNKNOWN in (*one.order, *other.order)
        or (agreed == 0 and 0 in (*first.values(), *second.values()))
        or any(key[:-1] not in sure for key in both_ways)
        or (one.words.isdisjoint(MUTUAL) and _swapped(one, other))
    )


def _swapped(one: _Reading, other: _Reading) -> bool:
    """Two names have changed places: what stood beside the one now stands beside the other."""
    frames = [["" if token in one.names else token for token in reading.tokens] for reading in (one, other)]
    if frames[0] == frames[1] and one.tokens != other.tokens:
        return True
    for a, b in combinations(sorted(one.beside.keys() & other.beside.keys()), 2):
        straight = len(one.beside[a] & other.beside[a]) + len(one.beside[b] & other.beside[b])
        crossed = len(one.beside[a] & other.beside[b]) + len(one.beside[b] & other.beside[a])
        if crossed > straight:
            return True
    return False
