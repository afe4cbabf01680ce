from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.corpus.formats import Format, read_file, read_text
from ideation.corpus.formats.bibtex import plain_text
from ideation.corpus.formats.fields import inverted
from ideation.corpus.paper import Paper
from ideation.corpus.record import BadRecord, PaperRecord
from ideation.corpus.store import Corpus

TEXTS = [form for form in Format if form is not Format.PDF]


def read(text: str, form: Format) -> tuple[list[Paper], list[BadRecord]]:
    papers, bad = [], []
    for draft in read_text(text, form):
        record = draft if isinstance(draft, BadRecord) else PaperRecord.read(draft)
        if isinstance(record, BadRecord):
            bad.append(record)
        else:
            papers.append(record.candidate("test").paper)
    return papers, bad


BIBTEX = r"""
A comment that BibTeX passes over.
@string{jcp = "J. Chem. Phys."}
@article{mueller2024,
  title = {The {Hofmeister} Series: Ions \& Water},
  author = "M{\"u}ller, Anna and Ko{\v c}i, Jan",
  journal = jcp # { Letters},
  year = 2024, month = mar,
  doi = {https://doi.org/10.1000/ABC.1},
}
@inproceedings(second, title = "On arXiv", eprint = {2401.00001v2}, archivePrefix={arXiv}, year={2024})
@comment{@article{no, title={no}}}
"""

RIS = """TY  - JOUR
TI  - Ions and water
AU  - Müller, Anna
AU  - Koci, Jan
PY  - 2024/03/05/
AB  - First line
continued here.
DO  - 10.1000/abc.1
ER  -
"""


def test_0_1_bibtex_gives_all_fields() -> None:
    (first, second), bad = read(BIBTEX, Format.BIBTEX)
    assert not bad
    assert first.title == "The Hofmeister Series: Ions & Water"
    assert first.authors == ("Müller, Anna", "Koči, Jan")
    assert first.venue == "J. Chem. Phys. Letters"
    assert first.published is not None
    assert first.published.text == "2024-03"
    assert first.doi == "10.1000/abc.1"
    assert (second.title, second.arxiv) == ("On arXiv", "2401.00001")


def test_0_1_ris_gives_all_fields() -> None:
    (found,), bad = read(RIS, Format.RIS)
    assert not bad
    assert found.title == "Ions and water"
    assert found.abstract == "First line continued here."
    assert found.authors == ("Müller, Anna", "Koci, Jan")
    assert found.published is not None
    assert found.published.text == "2024-03-05"
    assert found.doi == "10.1000/abc.1"


def test_0_1_csv_reads_quoted_lines_and_other_names_of_columns() -> None:
    text = 'Title,Authors,Year,Cited by,Source title\n"Ions, and\nwater","A B; C D",2024,"1,204",Nature\n'
    (found,), bad = read(text, Format.CSV)
    assert not bad
    assert found.title == "Ions, and water"
    assert found.authors == ("A B", "C D")
    assert (found.year, found.citation_count, found.venue) == (2024, 1204, "Nature")


def test_0_1_semicolons_and_tabs_part_columns_too() -> None:
    assert read("title;year\nIons;2024\n", Format.CSV)[0][0].year == 2024
    assert read("title\tyear\nIons\t2024\n", Format.TSV)[0][0].year == 2024


def test_0_1_openalex_page() -> None:
    work = {
        "id": "https://openalex.org/W1",
        "display_name": "Ions and water",
        "doi": "https://doi.org/10.1000/abc.1",
        "publication_date": "2024-03-05",
        "publication_year": 2024,
        "authorships": [{"author": {"display_name": "Anna Müller"}}],
        "abstract_inverted_index": {"Ions": [0, 2], "order": [1], "water": [3]},
        "primary_location": {"source": {"display_name": "Nature"}},
        "referenced_works": ["https://openalex.org/W2"],
        "cited_by_count": 7,
    }
    (found,), bad = read(json.dumps({"meta": {"count": 1}, "results": [work]}), Format.JSON)
    assert not bad
    assert found.abstract == "Ions order Ions water"
    assert (found.doi, found.venue, found.citation_count) == ("10.1000/abc.1", "Nature", 7)
    assert found.authors == ("Anna Müller",)
    assert found.sources[0].record_id == "W1"
    assert found.references == ("https://openalex.org/W2",)


def test_0_1_semantic_scholar_crossref_and_arxiv_dump_lines() -> None:
    lines = [
        {"paperId": "s2", "title": "One", "externalIds": {"DOI": "10.1/1", "ArXiv": "2401.1"}, "year": 2024},
        {"title": ["Two"], "issued": {"date-parts": [[2024, 3]]}, "DOI": "10.1000/2",
         "author": [{"family": "Koci", "given": "Jan"}], "container-title": ["Nature"]},
        {"id": "2401.00003", "title": "Three", "update_date": "2024-06-01",
         "versions": [{"version": "v1", "created": "Mon, 1 Jan 2024 10:00:00 GMT"}]},
    ]  # fmt: skip
    papers, bad = read("\n".join(json.dumps(each) for each in lines), Format.JSONL)
    assert not bad
    one, two, three = papers
    assert one.year == 2024
    assert (two.title, two.venue, two.authors) == ("Two", "Nature", ("Koci, Jan",))
    assert two.published is not None
    assert two.published.text == "2024-03"
    assert three.arxiv == "2401.00003"
    assert three.published is not None
    assert three.published.text == "2024-01-01"


def test_0_1_marks_of_print_are_taken_out_and_signs_are_not() -> None:
    found, bad = read(
        json.dumps([["MgCNi<sub>3</sub> and <i>E. coli</i>", "If a<b, then <SUP>13</SUP>C > 1."]]),
        Format.JSON,
    )
    assert not bad
    assert (found[0].title, found[0].abstract) == ("MgCNi3 and E. coli", "If a<b, then 13C > 1.")


def test_0_1_moose_chem_pairs() -> None:
    papers, bad = read('[["A title", "An abstract"],\n["only a title"],\n["B", "b"]]', Format.JSON)
    assert [each.title for each in papers] == ["A title", "B"]
    assert [each.line for each in bad] == [2]


GOOD = {
    Format.JSONL: '{"title": "Good %d"}',
    Format.CSV: "Good %d,2024",
    Format.BIBTEX: "@article{g%d, title={Good %d}}",
    Format.RIS: "TY  - JOUR\nTI  - Good %d\nER  - ",
    Format.JSON: '["Good %d", ""],',
}
BAD = {
    Format.JSONL: ('{"title": ', "[]",
                   "7", '{"year": 2024}', '{"title": "x", "year": "soon"}', '{"title": "\\u0000"}'),
    Format.CSV: ("a,b,c", 'x "quoted,2024', '"open,2024', "lonely", ",2024", "x,someday"),
    Format.BIBTEX: ("@article{b, title={Open}", '@article{b, title="Open}', "@article{b title={}}",
                    "@article{b, year=2024}", "@book{b, title={x}, year={never}}",
                    "@article{b, title={x} year=1}"),
    Format.RIS: ("TY  - JOUR\nTI  - no end", "TY  - JOUR\nPY  - 2024\nER  - ", "stray line",
                 "TY  - JOUR\nTI  - x\nPY  - soon\nER  - "),
    Format.JSON: ('["broken",', "[1, 2],", "3,", '{"title": "x", "year": true, "abstract": 5},'),
}  # fmt: skip
HEAD = {Format.CSV: "title,year\n", Format.JSON: "[\n"}


@pytest.mark.parametrize("form", list(GOOD))
def test_0_1_500_malformed_records_are_reported_by_line_and_the_good_ones_kept(form: Format) -> None:
    text, lines, good = HEAD.get(form, ""), [], 0
    for number in range(500):
        lines.append(text.count("\n") + 1)
        text += BAD[form][number % len(BAD[form])] + "\n"
        text += GOOD[form].replace("%d", str(number)) + "\n"
        good += 1
    text += "]\n" if form is Format.JSON else ""
    papers, bad = read(text, form)
    assert [each.line for each in bad] == lines
    assert [each.title for each in papers] == [f"Good {number}" for number in range(good)]
    assert all("\n" not in str(each) for each in bad)


@given(st.text(max_size=300), st.sampled_from(TEXTS))
def test_0_1_any_text_is_read_without_a_crash(text: str, form: Format) -> None:
    papers, bad = read(text, form)
    assert all(each.title for each in papers)
    assert all(1 <= each.line <= text.count("\n") + text.count("\r") + 1 for each in bad)


@given(
    st.lists(
        st.sampled_from(["@article{a,", "title={x}", "{", "}", '"', ",", "\n", "=", "#", "@", "TY  - J\n"])
    )
)
def test_0_1_pieces_of_formats_are_read_without_a_crash(pieces: list[str]) -> None:
    text = "".join(pieces)
    for form in TEXTS:
        papers, bad = read(text, form)
        assert len(papers) + len(bad) <= len(text) + 1


def test_0_1_a_bad_byte_spoils_its_record_only(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"title": "Good"}\r\n{"title": "B\xff"}\r\n{"title": "Also good"}\r\n')
    with Corpus.open() as corpus:
        report = corpus.import_file(path)
    assert (report.read, report.good, report.added.new) == (3, 2, 2)
    assert [each.line for each in report.bad] == [2]


def test_0_1_formats_are_told_by_name_or_first_signs(tmp_path: Path) -> None:
    for name, text, form in (
        ("a.bib", BIBTEX, Format.BIBTEX),
        ("b.txt", RIS, Format.RIS),
        ("c", BIBTEX.lstrip().partition("\n")[2], Format.BIBTEX),
        ("d", '[["A", "b"]]', Format.JSON),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert read_file(tmp_path / name).form is form


@pytest.mark.parametrize(
    ("name", "complaint"), [("x.pdf", "cannot read"), ("gone.bib", "cannot read"), ("odd", "format")]
)
def test_0_1_what_cannot_be_read_is_one_line(tmp_path: Path, name: str, complaint: str) -> None:
    (tmp_path / "odd").write_text("hello", encoding="utf-8")
    with pytest.raises(UserError, match=complaint) as error:
        read_file(tmp_path / name)
    assert "\n" not in str(error.value)


def test_latex_becomes_plain_text() -> None:
    assert plain_text(r"Erd{\H o}s, \O rsted, Stra{\ss}e, \'Etude, na\"{\i}ve 10--20~nm") == (
        "Erdős, Ørsted, Straße, Étude, naïve 10–20 nm"
    )


def test_an_inverted_index_without_places_is_refused() -> None:
    with pytest.raises(ValueError, match="places"):
        inverted({"word": "everywhere"})
