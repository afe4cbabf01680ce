from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from core.jsonl import numbered_lines

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=6)


@given(TEXTS)
def test_every_text_comes_back_whatever_signs_it_holds(texts: list[str]) -> None:
    """JSON lets stand what `splitlines` cuts at: U+0085, U+2028 and U+2029."""
    written = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts)
    assert [(number, json.loads(line)) for number, line in numbered_lines(written)] == list(
        enumerate(texts, 1)
    )


def test_lines_are_counted_with_the_empty_ones() -> None:
    assert numbered_lines("one\u2028more\n\n \r\ntwo\r\n") == [(1, "one\u2028more"), (4, "two\r")]
