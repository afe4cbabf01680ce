"""Variety of wording in a set of texts: distinct-n and Self-BLEU, over words in lower case."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from core.errors import UserError
from ideation.likeness.reading import tokens_of

BLEU_WORDS = 4


def distinct_n(texts: Sequence[str], length: int) -> float | None:
    """Distinct n-grams over all n-grams of the set, in (0, 1]; higher is more varied.

    None where no text has an n-gram. It falls with the amount of text: compare sets of one size only.
    Source: Li et al., NAACL 2016.
    """
    if length < 1:
        raise UserError("an n-gram has one word at least")
    grams = [gram for text in texts for gram in _grams(tokens_of(text), length)]
    return len(set(grams)) / len(grams) if grams else None


def self_bleu(texts: Sequence[str], most_words: int = BLEU_WORDS) -> float | None:
    """Mean BLEU of each text against all others, in [0, 1]; HIGHER IS LESS VARIED. None below two texts.

    Texts without words are left out. Source: Zhu et al. (Texygen), SIGIR 2018.
    """
    if most_words < 1:
        raise UserError("an n-gram has one word at least")
    tokens = [words for text in texts if (words := tokens_of(text))]
    if len(tokens) < 2:
        return None
    scores = [_bleu(words, [*tokens[:at], *tokens[at + 1 :]], most_words) for at, words in enumerate(tokens)]
    return math.fsum(scores) / len(scores)


def _bleu(words: Sequence[str], others: Sequence[Sequence[str]], most_words: int) -> float:
    """Clipped n-gram precisions up to the text's own length (Papineni et al., ACL 2002), smoothed by adding
    one beyond single words (Lin and Och, ACL 2004), or one long n-gram without a match would end at 0.
    """
    logs = []
    longest = min(most_words, len(words))
    for length in range(1, longest + 1):
        own = Counter(_grams(words, length))
        allowed: Counter[tuple[str, ...]] = Counter()
        for other in others:
            allowed |= Counter(_grams(other, length))
        hits, total, added = (own & allowed).total(), own.total(), int(length > 1)
        if hits + added == 0:
            return 0.0
        logs.append(math.log((hits + added) / (total + added)))
    closest = min((len(other) for other in others), key=lambda size: (abs(size - len(words)), size))
    brevity = min(0.0, 1.0 - closest / len(words))
    return math.exp(math.fsum(logs) / longest + brevity)


def _grams(tokens: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[start : start + length]) for start in range(len(tokens) - length + 1)]
