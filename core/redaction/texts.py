"""Finds secrets in texts and JSON values, and puts a word in their place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from core.redaction.entropy import random_tokens
from core.redaction.forms import Span, is_secret_field, known_forms

SECRET = "[secret]"
"""What stands in a text for a secret that was taken out."""

_ROUNDS = 6
_SHORTEST = 7
"""Characters of the shortest text that holds one: `pwd="x"`."""
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 1024, 8192
"""Texts, and characters of one: each call to a model sends again what the calls before it sent."""


def redact(text: str) -> str:
    """The text with `[secret]` for each secret; all else stays. Redacting again changes nothing.

    A text that is JSON stays JSON: its texts are redacted one by one, so that no escape hides a secret. Time
    grows linearly with the text.
    """
    if len(text) < _SHORTEST:
        return text
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else _redact(text)


def redacted(value: object) -> object:
    """The JSON value with all its texts redacted, and `[secret]` for those under a name like `password`.

    A mapping becomes a dict; what is neither text, mapping, list nor tuple stays as it is.
    """
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {_plain(name): _field(name, each) for name, each in value.items()}
    if isinstance(value, list):
        return [redacted(each) for each in value]
    return tuple(redacted(each) for each in value) if isinstance(value, tuple) else value


def has_secret(text: str) -> bool:
    """Whether the text carries a secret."""
    return redact(text) != text


def secret_spans(text: str) -> Iterator[Span]:
    """Where secrets stand in a text that is not read as JSON, without the name or the word before them;
    unordered, and some may overlap."""
    yield from known_forms(text)
    yield from random_tokens(text)


def replaced(text: str, given: Sequence[tuple[Span, str]]) -> str:
    """The text with a word for each span; of spans that overlap or touch, one word for all, the first's."""
    parts: list[str] = []
    done = 0
    for (start, end), word in sorted(given, key=lambda each: each[0][0]):
        if parts and start <= done:
            done = max(done, end)
            continue
        parts += [text[done:start], word]
        done = end
    return "".join([*parts, text[done:]])


def _plain(name: object) -> object:
    return redact(name) if isinstance(name, str) else name


def _field(name: object, value: object) -> object:
    if isinstance(name, str) and isinstance(value, str) and is_secret_field(name, value):
        return SECRET
    return redacted(value)


def _json_of(text: str) -> object:
    """The array or object that the text is; None where it is neither."""
    if text[0] not in "[{ \n" or text[-1] not in "]} \n":
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _redact(text: str) -> str:
    if (value := _json_of(text)) is not None:
        clean = redacted(value)
        return text if clean == value else json.dumps(clean, ensure_ascii=False)
    for _ in range(_ROUNDS):
        spans = list(secret_spans(text))
        if not spans:
            return text
        text = replaced(text, [(span, SECRET) for span in spans])
    return SECRET


_remembered = lru_cache(_MOST_REMEMBERED)(_redact)
