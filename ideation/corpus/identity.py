"""Who a paper is: DOI, arXiv id and title in one form, and the keys under which its duplicates meet."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import NewType
from urllib.parse import unquote

PaperId = NewType("PaperId", str)
Key = NewType("Key", str)
"""32 hex digits; two records that share a key are one paper."""

_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/\S+")
_DOI_IN_FRONT = re.compile(r"^(?:https?://)?(?:(?:dx\.|www\.)?doi\.org/|doi\s*:?\s*)", re.IGNORECASE)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)")
_ARXIV_IN_FRONT = re.compile(
    r"^(?:(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/|arxiv\s*:\s*)", re.IGNORECASE
)
_ARXIV = re.compile(
    r"(\d{4}\.\d{4,5}|[a-z][a-z-]*(?:\.[a-z]{2})?/\d{7})(?:v\d{1,3})?(?:\.pdf)?", re.IGNORECASE
)
_SUBJECT_CLASS = re.compile(r"\.[a-z]{2}/")
_SHORT_TITLE = 20
"""Letters below which a title ("Editorial", "Letter to the Editor") names no one paper. Few scripts need as
many letters as Latin: others get by with a third."""


def normal_doi(text: str) -> str | None:
    """The bare DOI in lower case, from any of its spellings; None when there is none in the text."""
    bare = _DOI_IN_FRONT.sub("", text.strip())
    if "%" in bare:
        bare = unquote(bare)
    found = _DOI.fullmatch(bare.strip().rstrip(".,;").casefold())
    return found[0] if found else None


def normal_arxiv(text: str) -> str | None:
    """The arXiv id without version and subject class: `2511.07448`, `math/0309136`; None when it is none."""
    found = _ARXIV.fullmatch(_ARXIV_IN_FRONT.sub("", text.strip()))
    return _SUBJECT_CLASS.sub("/", found[1].casefold()) if found else None


def arxiv_of_doi(doi: str) -> str | None:
    """arXiv's own DOIs name an arXiv id."""
    found = _ARXIV_DOI.fullmatch(doi)
    return normal_arxiv(found[1]) if found else None


def normal_title(title: str) -> str:
    """Letters and digits of the title without case, accents and punctuation, words parted by one blank."""
    kept = title.casefold()
    if not kept.isascii():
        plain = unicodedata.normalize("NFKD", title).casefold()
        kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[^\W_]+", kept))


def identity_keys(
    *, doi: str | None, arxiv: str | None, title: str, year: int | None, first_author: str
) -> tuple[Key, ...]:
    """All keys of a record, the strongest first; there is always one.

    A title with its year is a key although DOIs may differ: a preprint and its journal version are one
    paper here. Short titles are told apart by their first author, and count only where nothing better does.
    """
    named = [f"doi:{doi}" if doi else "", f"arxiv:{arxiv}" if arxiv else ""]
    plain = normal_title(title) or title.strip()
    if _is_telling(plain):
        named.append(f"title:{plain}|{year or ''}")
    elif not any(named):
        surname = first_author.partition(",")[0] if "," in first_author else first_author.rpartition(" ")[2]
        named.append(f"title:{plain}|{year or ''}|{normal_title(surname)}")
    return tuple(_key(name) for name in named if name)


def id_key(paper_id: PaperId) -> Key:
    """The key under which a paper keeps the id of one that was merged into it."""
    return _key(f"id:{paper_id}")


def paper_id_of(strongest: Key) -> PaperId:
    return PaperId(f"p{strongest[:16]}")


def _is_telling(plain: str) -> bool:
    letters = plain.replace(" ", "")
    return len(letters) >= (_SHORT_TITLE if letters.isascii() else _SHORT_TITLE // 3)


def _key(name: str) -> Key:
    return Key(hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32])
