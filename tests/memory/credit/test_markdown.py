from __future__ import annotations

from memory.credit.markdown import markdown_table


def test_columns_are_padded() -> None:
    assert markdown_table(("a", "long"), [("1.25", "2")]) == (
        "|    a | long |\n| ---: | ---: |\n| 1.25 |    2 |\n"
    )
