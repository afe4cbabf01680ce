"""OpenAlex (CC0): works with abstracts as inverted indexes. A free key raises the day's budget."""

from __future__ import annotations

from dataclasses import dataclass

from ideation.corpus.dates import Cutoff
from ideation.sources.http import Ask, Fetcher
from ideation.sources.json_shapes import at, each, number, parse, text
from ideation.sources.limits import HostPolicy
from ideation.sources.source import Found, read_all

POLICY = HostPolicy(host="api.openalex.org", per_second=10.0, burst=5, together=4)
_WORKS = "https://api.openalex.org/works"
_FIELDS = (
    "id,doi,title,publication_date,authorships,primary_location,abstract_inverted_index,referenced_works,"
    "cited_by_count,locations"
)
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlex:
    fetcher: Fetcher
    key: str = ""

    @property
    def name(self) -> str:
        return "openalex"

    async def search(self, query: str, limit: int, cutoff: Cutoff) -> Found:
        params = {"search": query, "per-page": str(min(limit, _MOST)), "select": _FIELDS}
        if cutoff.day is not None:
            params["filter"] = f"to_publication_date:{cutoff.day.isoformat()}"
        return await self._works(params, cutoff)

    async def references(self, record_id: str) -> Found:
        params = {"filter": f"cited_by:{record_id}", "per-page": str(_MOST), "select": _FIELDS}
        return await self._works(params, Cutoff.hides_nothing())

    async def _works(self, params: dict[str, str], cutoff: Cutoff) -> Found:
        secret = {"api_key": self.key} if self.key else {}
        body = await self.fetcher.get(POLICY, Ask(url=_WORKS, params=params, secret_params=secret))
        works = each(parse(body, self.name), "results")
        return read_all(self.name, (_fields(work) for work in works), cutoff)


def _fields(work: object) -> dict[str, object]:
    places = [text(place, "landing_page_url") for place in each(work, "locations")]
    arxiv = next((place for place in places if "arxiv.org/abs/" in place), "")
    return {
        "record_id": _short(text(work, "id")),
        "title": text(work, "title"),
        "abstract": _abstract(at(work, "abstract_inverted_index")),
        "authors": [
            name for one in each(work, "authorships") if (name := text(one, "author", "display_name"))
        ],
        "published": text(work, "publication_date"),
        "venue": text(work, "primary_location", "source", "display_name"),
        "doi": text(work, "doi"),
        "arxiv": arxiv,
        "url": text(work, "primary_location", "landing_page_url"),
        "references": [_short(one) for one in each(work, "referenced_works") if isinstance(one, str)],
        "citation_count": number(work, "cited_by_count"),
    }


def _short(address: str) -> str:
    return address.rpartition("/")[2]


def _abstract(index: object) -> str:
    """The words at their places."""
    if not isinstance(index, dict):
        return ""
    placed = [
        (place, word)
        for word, places in index.items()
        if isinstance(places, list)
        for place in places
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(placed))
