from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.web.pages.paging import paged


@given(st.integers(0, 350), st.integers(1, 120))
def test_the_pages_hold_every_row_once_in_order(total: int, size: int) -> None:
    rows = list(range(total))
    pages = paged(rows, 1, size)[1].pages
    assert [row for number in range(1, pages + 1) for row in paged(rows, number, size)[0]] == rows


@given(st.integers(0, 50), st.integers(-5, 10**8))
def test_a_page_says_which_rows_it_shows(total: int, number: int) -> None:
    shown, paging = paged(range(total), number, 7)
    assert 1 <= paging.number <= paging.pages
    assert list(shown) == list(range(total))[paging.first - 1 : paging.last] if total else shown == ()
    assert paging.last - paging.first + 1 == len(shown) or total == 0
