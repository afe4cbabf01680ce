"""Masks: a text as a person may read it and a database may keep it, whatever was in it."""

from __future__ import annotations

from core.redaction import SECRET, has_secret, replaced, secret_spans
from memory.gates.abstraction import contains_entity_value, entity_spans, readings
from memory.gates.encoded import encoded_spans, has_encoded
from memory.gates.hidden import bared, escaped, has_hidden

WITHHELD = "[withheld]"
"""What stands for a text that no mask makes clean."""
_CODED = "[an encoded text]"
_ROUNDS = 6


def masked(text: str) -> str:
    """The text without secrets, entity values, encoded parts and hidden characters; all else stays.

    A secret becomes `[secret]`, a value its kind in brackets (`[an IP address]`), a hidden character its
    escape (`\\u200b`). A value that hidden characters cut in pieces is masked whole. The result passes the
    gates of secrets, abstraction and visibility, and masking it again changes nothing.
    """
    for _ in range(_ROUNDS):
        if _is_clean(text):
            return text
        text = escaped(_covered(text))
        if _is_clean(text):
            return text
        # What is seen only in another reading (full-width digits, `[.]`) is masked in that reading.
        text = next((_covered(other) for other in readings(text) if _has_value(other)), text)
    return WITHHELD


def _has_value(text: str) -> bool:
    return has_secret(text) or next(entity_spans(text), None) is not None or has_encoded(text)


def _is_clean(text: str) -> bool:
    if has_hidden(text) or has_encoded(text):
        return False
    return contains_entity_value(text) is None and not has_secret(text)


def _covered(text: str) -> str:
    """Masks over what a model would read; hidden characters between the masks stay as they are."""
    bare, places = bared(text)
    found = [
        *((span, SECRET) for span in secret_spans(bare)),
        *((span, f"[{kind}]") for span, kind in entity_spans(bare)),
        *((span, _CODED) for span in encoded_spans(bare)),
    ]
    return replaced(text, [((places[start], places[end - 1] + 1), word) for (start, end), word in found])
