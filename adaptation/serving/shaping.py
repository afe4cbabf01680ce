"""Replies held to a JSON schema: at each token only those may follow with which it can still be fulfilled.

The grammar is llguidance's: it knows the bytes of each token, and takes what of a schema it can hold to.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llguidance._lib import JsonCompileOptions

    from core.chat import JsonSchema

BLANKS = r"[ \n]{0,12}"
"""Between the parts of a document: a small model that may would go on with blanks until it is cut off."""
OPTIONS: JsonCompileOptions = {"lenient": True, "whitespace_pattern": BLANKS}


class BadSchema(ProviderError):
    """No reply of this model can be held to this schema; the message says why."""


class Shapes:
    """What makes shapes for one tokenizer. `vocabulary` counts the model's logits, which may be more than
    the tokenizer's tokens; `ends` are the tokens that end a reply.

    Raises (when made):
        BadSchema: the tokenizer is not one of the tokenizers library, whose tokens' bytes are known.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, ends: Iterable[int]) -> None:
        from llguidance.hf import from_tokenizer

        self._size = vocabulary
        try:
            self._tokens = from_tokenizer(tokenizer, n_vocab=vocabulary, eos_token=sorted(ends))
        except ValueError as error:
            raise BadSchema(f"this model's replies cannot be held to a schema: {error}") from None

    def shape(self, schema: JsonSchema) -> Shape:
        """Raises:
        BadSchema: it is no schema, or nothing can be written that fulfils it.
        """
        from llguidance import LLMatcher

        grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema), defaults=OPTIONS)
        wrong = LLMatcher.validate_grammar(grammar, self._tokens)
        if wrong and not wrong.startswith("WARNING"):
            raise BadSchema(f"no reply can be held to this schema: {' '.join(wrong.split())}")
        return Shape(LLMatcher(self._tokens, grammar, log_level=0), self._size)


class Shape:
    """One reply as it comes: `allowed` before each token, then `take` with the one that was drawn."""

    def __init__(self, matcher: Any, size: int) -> None:
        self._matcher, self._size = matcher, size

    def allowed(self) -> np.ndarray:
        """bool [vocabulary]: which tokens may come next.

        Raises:
            BadSchema: none may: the tokenizer cannot write what the schema wants.
        """
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        found = np.unpackbits(bits, bitorder="little")[: self._size].astype(bool)
        if not found.any():
            raise BadSchema(f"the reply cannot go on under its schema: {self._matcher.get_error()}")
        return found

    def take(self, token: int) -> None:
        """Go on past an allowed token."""
        self._matcher.consume_token(token)

    @property
    def ended(self) -> bool:
        """The document is whole, and nothing can follow it."""
        return bool(self._matcher.is_stopped())
