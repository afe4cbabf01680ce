"""Names under which files and services keep the fields of a paper, and their values in one form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "display_name", "paper_title", "document_title", "article_title"),
    "abstract": ("abstract", "abstract_text", "summary", "description"),
    "published": (
        "published",
        "publication_date",
        "publicationdate",
        "date",
        "published_date",
        "pubdate",
        "publication_year",
        "year",
        "cover_date",
    ),
    "venue": (
        "venue",
        "journal",
        "journal_ref",
        "journal_name",
        "container_title",
        "source_title",
        "publication",
        "booktitle",
        "conference",
    ),
    "doi": ("doi",),
    "arxiv": ("arxiv", "arxiv_id", "arxivid", "eprint"),
    "url": ("url", "link", "landing_page_url"),
    "citation_count": (
        "citation_count",
        "citationcount",
        "cites",
        "cited_by_count",
        "citations",
        "n_citation",
        "is_referenced_by_count",
        "times_cited",
        "cited_by",
    ),
    "record_id": ("record_id", "id", "paper_id", "paperid", "corpusid", "key"),
    "authors": ("authors", "author", "author_names", "authorships", "creators"),
    "references": ("references", "refs", "referenced_works", "reference"),
}
"""For each field of `PaperRecord` the names it goes by, the one that tells most first."""

_LIST_FIELDS = ("authors", "references")
_NAME_SEPARATOR = re.compile(r"\s*;\s*|\s+\band\b\s+|\s*\|\s*")


def plain_name(name: str) -> str:
    """`Publication Date`, `publication-date` and `publication_date` are one."""
    return re.sub(r"[^a-z0-9]+", "_", name.strip().casefold()).strip("_")


def paper_fields(values: Mapping[str, object]) -> dict[str, object]:
    """Fields by their names in `PaperRecord`; other names and empty values are passed over."""
    known = {plain_name(name): value for name, value in values.items() if value not in (None, "", [], {})}
    fields: dict[str, object] = {}
    for field, names in _ALIASES.items():
        value = next((known[name] for name in names if name in known), None)
        if value is not None:
            fields[field] = value
    if "abstract" not in fields and isinstance(index := known.get("abstract_inverted_index"), Mapping):
        fields["abstract"] = inverted(index)
    for field in _LIST_FIELDS:
        if field in fields:
            fields[field] = _list_of(fields[field])
    if "citation_count" in fields:
        fields["citation_count"] = _count(fields["citation_count"])
    for field in ("venue", "url", "record_id", "doi", "arxiv"):
        if field in fields:
            fields[field] = _first_text(fields[field])
    if "title" in fields and isinstance(fields["title"], list):
        fields["title"] = _first_text(fields["title"])  # Crossref's titles are lists
    return {field: value for field, value in fields.items() if value is not None}


def inverted(index: Mapping[str, object]) -> str:
    """The text of OpenAlex's inverted index: word to the places where it stands.

    Raises:
        ValueError: it is no such index.
    """
    places: dict[int, str] = {}
    for word, positions in index.items():
        if not isinstance(positions, list) or not all(isinstance(each, int) for each in positions):
            raise ValueError("abstract_inverted_index: is no list of places for each word")
        places.update(dict.fromkeys(positions, word))
    return " ".join(places[place] for place in sorted(places))


def split_names(text: str) -> list[str]:
    """`A. Author; B. Author`, `Author, A. and Author, B.`; without such marks commas part whole names."""
    parts = [part for part in _NAME_SEPARATOR.split(text.strip()) if part]
    if len(parts) == 1 and text.count(",") > 1:
        return [part.strip() for part in text.split(",") if part.strip()]
    return parts


def _list_of(value: object) -> object:
    if isinstance(value, str):
        return split_names(value)
    if isinstance(value, Sequence):
        return [name for each in value if (name := _name(each)) is not None]
    return value


def _name(value: object) -> str | None:
    """A name from its text or from the object in which services put it."""
    if isinstance(value, Mapping):
        if isinstance(author := value.get("author"), Mapping):
            return _name(author)
        if value.get("family"):
            return f"{value['family']}, {value.get('given', '')}".rstrip(", ")
        for key in ("name", "display_name", "DOI", "doi", "title", "paperId", "unstructured"):
            if isinstance(found := value.get(key), str) and found:
                return found
        return None
    return None if value is None else str(value)


def _count(value: object) -> object:
    if isinstance(value, str):
        plain = value.replace(",", "").strip()
        return int(plain) if plain.isascii() and plain.isdigit() else value
    return value


def _first_text(value: object) -> object:
    """A text, the first of a list, or the name in an object."""
    if isinstance(value, list):
        return _first_text(value[0]) if value else None
    if isinstance(value, Mapping):
        return _name(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
