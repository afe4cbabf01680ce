from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.evaluation.rating_kit import AXES, Axis, RatingKit, Shown, key_csv, make_kit, sheet_csv
from ideation.evaluation.rating_page import sheet_page
from ideation.evaluation.rating_returns import Rating, axis_reliability, read_key, read_return

IDEAS = [
    Shown(id=f"uuid-{at}", title=f"Title {at}", text=f"Body of {at} <b>bold</b> & more") for at in range(12)
]
ONE = (Axis(name="novelty", question="New?", low_means="old", high_means="new", low=1, high=5),)


def kit(seed: int = 1) -> RatingKit:
    return make_kit(IDEAS, ["ann", "bob"], seed=seed)


class Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "input":
            self.found.append(dict(attrs))


def test_8_8_the_order_is_drawn_by_the_seed_and_is_each_raters_own() -> None:
    orders = [[idea.id for _, idea in sheet.entries] for sheet in kit().sheets]
    assert orders[0] != orders[1]
    assert all(sorted(order) == sorted(idea.id for idea in IDEAS) for order in orders)
    assert kit() == make_kit(IDEAS[::-1], ["ann", "bob"], seed=1)
    assert kit() != kit(seed=2)
    assert [label for label, _ in kit().sheets[0].entries] == [f"{at:02d}" for at in range(1, 13)]


def test_8_8_every_idea_is_first_for_some_rater() -> None:
    many = make_kit(IDEAS, [f"r{at}" for at in range(200)], seed=5)
    assert {sheet.entries[0][1].id for sheet in many.sheets} == {idea.id for idea in IDEAS}


def test_8_8_neither_sheet_tells_which_idea_it_is_nor_any_score() -> None:
    for sheet in kit().sheets:
        for text in (sheet_csv(sheet), sheet_page(sheet)):
            assert "uuid-" not in text
            assert not re.search(
                r"score|rank|tier|model|method|family", re.sub(r"<style>.*?</style>", "", text, flags=re.S)
            )
    assert set(Shown.__dataclass_fields__) == {"id", "title", "text"}


def test_8_8_no_answer_is_filled_in() -> None:
    page = Inputs()
    page.feed(sheet_page(kit().sheets[0]))
    assert len(page.found) == len(IDEAS) * sum(axis.high - axis.low + 2 for axis in AXES)
    assert not any("checked" in each for each in page.found)
    rows = list(csv.DictReader(io.StringIO(sheet_csv(kit().sheets[0]))))
    assert all(row[axis.name] == "" for row in rows for axis in AXES)


def test_8_8_the_page_is_one_static_file_and_texts_are_only_text() -> None:
    bad = [Shown(id="x", title="<script>alert(1)</script>", text='"><img src=x onerror=alert(1)>')]
    page = sheet_page(make_kit(bad, ["</script><b>"], seed=0).sheets[0])
    parsed = Inputs()
    parsed.feed(page)
    assert parsed.tags.count("script") == 1
    assert "img" not in parsed.tags
    assert "http://" not in page
    assert "https://" not in page
    assert "src=" not in page.replace("src=x", "")
    assert "default-src 'none'" in page


def test_8_8_a_cell_is_no_formula() -> None:
    sheet = make_kit([Shown(id="x", title="=1+1", text="@cmd")], ["ann"], axes=ONE, seed=0).sheets[0]
    row = next(csv.DictReader(io.StringIO(sheet_csv(sheet))))
    assert (row["title"], row["text"]) == ("'=1+1", "'@cmd")


def returned(made: RatingKit, at: int, answers: list[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["label", "novelty", "comment"])
    writer.writerows(
        [label, answer, ""] for (label, _), answer in zip(made.sheets[at].entries, answers, strict=False)
    )
    return out.getvalue()


@given(st.lists(st.integers(1, 5), min_size=12, max_size=12), st.integers(0, 99))
def test_8_8_what_comes_back_is_unblinded_by_the_key(values: list[int], seed: int) -> None:
    made = make_kit(IDEAS, ["ann"], axes=ONE, seed=seed)
    text = returned(made, 0, [str(value) for value in values])
    found = read_return(text, rater="ann", key=read_key(key_csv(made.key)), axes=ONE)
    assert found.problems == ()
    assert [(each.idea, each.value) for each in found.ratings] == [
        (idea.id, value) for (_, idea), value in zip(made.sheets[0].entries, values, strict=True)
    ]


def test_8_8_bad_cells_are_told_by_line_and_good_ones_kept() -> None:
    made = make_kit(IDEAS, ["ann"], axes=ONE, seed=0)
    text = returned(made, 0, ["3", "9", "", "?", "4.0", "2.5", "five", " 1 "])
    found = read_return("\ufeff" + text + "77,3,\n01,2,\n", rater="ann", key=made.key, axes=ONE)
    assert [each.value for each in found.ratings] == [3, None, 4, 1]
    assert found.empty == 1 + 4
    lines = [int(re.findall(r"line (\d+)", problem)[0]) for problem in found.problems]
    assert lines == [3, 7, 8, 10, 11]
    assert "there twice" in found.problems[-1]


def test_8_8_a_spreadsheet_that_cuts_zeros_is_understood() -> None:
    made = make_kit(IDEAS, ["ann"], axes=ONE, seed=0)
    found = read_return("label,novelty\n7,3\n", rater="ann", key=made.key, axes=ONE)
    assert found.ratings == (
        Rating(rater="ann", idea=made.sheets[0].entries[6][1].id, axis="novelty", value=3),
    )


def test_8_8_agreement_is_computed_on_return() -> None:
    made = make_kit(IDEAS, ["ann", "bob", "cy"], axes=ONE, seed=0)
    ratings: list[Rating] = []
    for at, rater in enumerate(["ann", "bob", "cy"]):
        # All agree up to a half-step of one rater.
        answers = [str(1 + (int(idea.id[5:]) + (at == 2)) // 3) for _, idea in made.sheets[at].entries]
        ratings += read_return(returned(made, at, answers), rater=rater, key=made.key, axes=ONE).ratings
    found = axis_reliability(ratings, resamples=200)["novelty"]
    assert found.icc.value is not None
    assert found.icc.value > 0.8
    assert found.alpha.value == pytest.approx(found.icc.value, abs=0.05)
    assert found.needed.raters == 1
    unable = [Rating(rater="ann", idea="i", axis="novelty", value=None)]
    assert axis_reliability(unable) == {}


@pytest.mark.parametrize(
    ("ideas", "raters", "axes"),
    [
        ([], ["ann"], AXES),
        (IDEAS, [], AXES),
        (IDEAS, ["ann"], ()),
        ([*IDEAS, IDEAS[0]], ["ann"], AXES),
        (IDEAS, ["ann", "ann"], AXES),
        (IDEAS, ["ann"], (Axis(name="label", question="", low_means="", high_means=""),)),
        (IDEAS, ["ann"], (Axis(name="a", question="", low_means="", high_means="", low=3, high=3),)),
    ],
)
def test_a_kit_that_cannot_work_is_refused(
    ideas: list[Shown], raters: list[str], axes: tuple[Axis, ...]
) -> None:
    with pytest.raises(UserError):
        make_kit(ideas, raters, axes=axes, seed=0)


def test_returns_that_fit_no_key_are_refused() -> None:
    made = make_kit(IDEAS, ["ann"], axes=ONE, seed=0)
    with pytest.raises(UserError, match="no rating key"):
        read_key("a,b\n")
    with pytest.raises(UserError, match="knows no rater"):
        read_return("label,novelty\n", rater="zoe", key=made.key, axes=ONE)
    with pytest.raises(UserError, match="lacks the columns novelty"):
        read_return("label\n", rater="ann", key=made.key, axes=ONE)
