"""Semantic Scholar's graph API: without a key a pool that all share, with one a request a second."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from ideation.corpus.dates import Cutoff
from ideation.sources.http import Ask, Fetcher
from ideation.sources.json_shapes import at, each, number, parse, text
from ideation.sources.limits import HostPolicy
from ideation.sources.source import Found, read_all

POLICY = HostPolicy(host="api.semanticscholar.org", per_second=1.0)
_PAPER = "https://api.semanticscholar.org/graph/v1/paper"
_FIELDS = "title,abstract,year,publicationDate,authors,venue,externalIds,citationCount,url"
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticScholar:
    fetcher: Fetcher
    key: str = ""

    @property
    def name(self) -> str:
        return "semantic_scholar"

    async def search(self, query: str, limit: int, cutoff: Cutoff) -> Found:
        params = {"query": query, "limit": str(min(limit, _MOST)), "fields": _FIELDS}
        if cutoff.day is not None:
            params["publicationDateOrYear"] = f":{cutoff.day.isoformat()}"
        answer = await self._ask(f"{_PAPER}/search", params)
        return read_all(self.name, (_fields(paper) for paper in each(answer, "data")), cutoff)

    async def references(self, record_id: str) -> Found:
        params = {"fields": _FIELDS, "limit": str(_MOST)}
        answer = await self._ask(f"{_PAPER}/{quote(record_id, safe='')}/references", params)
        cited = (at(one, "citedPaper") for one in each(answer, "data"))
        return read_all(self.name, (_fields(paper) for paper in cited if paper), Cutoff.hides_nothing())

    async def _ask(self, url: str, params: dict[str, str]) -> object:
        headers = {"x-api-key": self.key} if self.key else {}
        return parse(
            await self.fetcher.get(POLICY, Ask(url=url, params=params, secret_headers=headers)), self.name
        )


def _fields(paper: object) -> dict[str, object]:
    return {
        "record_id": text(paper, "paperId"),
        "title": text(paper, "title"),
        "abstract": text(paper, "abstract"),
        "authors": [name for one in each(paper, "authors") if (name := text(one, "name"))],
        "published": text(paper, "publicationDate") or number(paper, "year"),
        "venue": text(paper, "venue"),
        "doi": text(paper, "externalIds", "DOI"),
        "arxiv": text(paper, "externalIds", "ArXiv"),
        "url": text(paper, "url"),
        "citation_count": number(paper, "citationCount"),
    }
