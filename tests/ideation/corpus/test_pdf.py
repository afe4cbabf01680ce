from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.corpus.dates import Published
from ideation.corpus.formats import Format, read_file
from ideation.corpus.formats.pdf import fields_of
from ideation.corpus.record import BadRecord, Draft, PaperRecord

FIRST_PAGE = (
    "Salts that keep perovskites from",
    "ageing in light",
    "A. Author, B. Author",
    "arXiv:2401.01234v2  doi:10.1234/abc.5",
    "Abstract",
    "We show that a thin layer of salt dou-",
    "bles the life of a cell.",
    "1 Introduction",
    "Cells age.",
)


def pdf(lines: tuple[str, ...], title: str = "", date: str = "") -> bytes:
    """A file of one page with a line of text after another, as the format's description has it."""
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    stream = f"BT /F1 12 Tf 14 TL 72 720 Td {shown} ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Title ({title}) /CreationDate ({date}) >>".encode("latin-1"),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count, start = len(objects) + 1, len(body)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    return (
        body
        + head
        + b"trailer << /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF" % (count, start)
    )


def only(path: Path) -> Draft | BadRecord:
    (record,) = read_file(path).drafts
    return record


def test_0_1_a_pdf_is_one_paper_with_what_its_first_page_says(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    file = tmp_path / "cells.PDF"
    file.write_bytes(pdf(FIRST_PAGE, title="paper.dvi", date="D:20240305120000Z"))
    assert read_file(file).form is Format.PDF
    draft = only(file)
    assert isinstance(draft, Draft)
    record = PaperRecord.read(draft)
    assert isinstance(record, PaperRecord), record
    assert record.title == "Salts that keep perovskites from"
    assert record.abstract == "We show that a thin layer of salt doubles the life of a cell."
    assert (record.doi, record.arxiv) == ("10.1234/abc.5", "2401.01234v2")
    assert record.published == Published.parse("2024-01")


def test_0_1_the_documents_own_title_and_year_count_where_it_has_them(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    (tmp_path / "a.pdf").write_bytes(pdf(("Abstract", "Short."), title="Salt and light", date="D:2019"))
    draft = only(tmp_path / "a.pdf")
    assert isinstance(draft, Draft)
    assert (draft.fields["title"], draft.fields["published"]) == ("Salt and light", "2019")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"no pdf at all", pdf(FIRST_PAGE)[:300], pdf(())])
def test_0_1_a_broken_or_empty_pdf_is_a_bad_record_with_its_reason(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("pypdf")
    (tmp_path / "a.pdf").write_bytes(content)
    record = only(tmp_path / "a.pdf")
    assert isinstance(record, BadRecord)
    assert "\n" not in str(record)


def test_0_1_without_the_extra_one_line_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pypdf", None)
    with pytest.raises(UserError, match=r"pip install 'atlas-agents\[pdf\]'"):
        read_file(tmp_path / "a.pdf")


@given(st.text(max_size=300))
def test_0_1_any_text_gives_fields_that_the_record_reads_or_refuses(text: str) -> None:
    draft = Draft(line=1, fields=fields_of(text))
    assert isinstance(PaperRecord.read(draft), PaperRecord | BadRecord)
