"""arXiv's Atom API: one request in three seconds, one connection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from xml.etree import ElementTree

from core.errors import ProviderError
from ideation.corpus.dates import Cutoff
from ideation.sources.http import Ask, Fetcher
from ideation.sources.limits import HostPolicy
from ideation.sources.source import Found, read_all

POLICY = HostPolicy(host="export.arxiv.org", per_second=1 / 3)
_QUERY = "https://export.arxiv.org/api/query"
_ATOM, _ARXIV = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"
_MOST = 100
_WORD = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arxiv:
    fetcher: Fetcher

    @property
    def name(self) -> str:
        return "arxiv"

    async def search(self, query: str, limit: int, cutoff: Cutoff) -> Found:
        words = " AND ".join(f"all:{word}" for word in _WORD.findall(query))
        if not words:
            return Found(papers=())
        if cutoff.day is not None:
            last = cutoff.day - timedelta(days=1)
            words = f"({words}) AND submittedDate:[199101010000 TO {last:%Y%m%d}2359]"
        params = {"search_query": words, "start": "0", "max_results": str(min(limit, _MOST))}
        body = await self.fetcher.get(POLICY, Ask(url=_QUERY, params=params))
        try:
            feed = ElementTree.fromstring(body)
        except ElementTree.ParseError as error:
            raise ProviderError("arxiv answered something that is no feed") from error
        return read_all(self.name, (_fields(entry) for entry in feed.iter(f"{_ATOM}entry")), cutoff)

    async def references(self, record_id: str) -> Found:
        """arXiv does not know them."""
        return Found(papers=())


def _fields(entry: ElementTree.Element) -> dict[str, object]:
    address = _text(entry, f"{_ATOM}id")
    return {
        "record_id": address.rpartition("/abs/")[2],
        "title": _text(entry, f"{_ATOM}title"),
        "abstract": _text(entry, f"{_ATOM}summary"),
        "authors": [_text(author, f"{_ATOM}name") for author in entry.iter(f"{_ATOM}author")],
        "published": _text(entry, f"{_ATOM}published")[:10],
        "venue": _text(entry, f"{_ARXIV}journal_ref"),
        "doi": _text(entry, f"{_ARXIV}doi"),
        "arxiv": address,
        "url": address,
    }


def _text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(name) or ""
