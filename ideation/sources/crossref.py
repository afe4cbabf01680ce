"""Crossref: what publishers deposit; few abstracts, many references. An address makes the polite pool."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import quote

from ideation.corpus.dates import Cutoff
from ideation.sources.http import Ask, Fetcher
from ideation.sources.json_shapes import at, each, number, parse, text
from ideation.sources.limits import HostPolicy
from ideation.sources.source import Found, read_all

POLICY = HostPolicy(host="api.crossref.org", per_second=1.0, together=1)
_WORKS = "https://api.crossref.org/works"
_MOST = 100
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossref:
    fetcher: Fetcher
    mailto: str = ""

    @property
    def name(self) -> str:
        return "crossref"

    async def search(self, query: str, limit: int, cutoff: Cutoff) -> Found:
        params = {"query.bibliographic": query, "rows": str(min(limit, _MOST))}
        if cutoff.day is not None:
            params["filter"] = f"until-pub-date:{cutoff.day.isoformat()}"
        answer = await self._ask(_WORKS, params)
        return read_all(self.name, (_fields(work) for work in each(answer, "message", "items")), cutoff)

    async def references(self, record_id: str) -> Found:
        """Those that are deposited with a title; the others are only DOIs, which the paper itself lists."""
        answer = await self._ask(f"{_WORKS}/{quote(record_id, safe='/')}", {})
        cited = (_cited(one) for one in each(answer, "message", "reference") if text(one, "article-title"))
        return read_all(self.name, cited, Cutoff.hides_nothing())

    async def _ask(self, url: str, params: dict[str, str]) -> object:
        secret = {"mailto": self.mailto} if self.mailto else {}
        return parse(
            await self.fetcher.get(POLICY, Ask(url=url, params=params, secret_params=secret)), self.name
        )


def _fields(work: object) -> dict[str, object]:
    return {
        "record_id": text(work, "DOI"),
        "title": _plain(text(work, "title", 0)),
        "abstract": _plain(text(work, "abstract")),
        "authors": [
            name
            for one in each(work, "author")
            if (name := " ".join(part for part in (text(one, "given"), text(one, "family")) if part))
        ],
        "published": _date(at(work, "issued", "date-parts", 0)),
        "venue": _plain(text(work, "container-title", 0)),
        "doi": text(work, "DOI"),
        "url": text(work, "URL"),
        "references": [doi for one in each(work, "reference") if (doi := text(one, "DOI"))],
        "citation_count": number(work, "is-referenced-by-count"),
    }


def _cited(reference: object) -> dict[str, object]:
    author = text(reference, "author")
    return {
        "record_id": text(reference, "DOI") or text(reference, "key"),
        "title": text(reference, "article-title"),
        "doi": text(reference, "DOI"),
        "published": text(reference, "year")[:4],
        "authors": [author] if author else [],
    }


def _plain(marked: str) -> str:
    """Without the JATS tags that publishers leave in."""
    return html.unescape(_TAG.sub(" ", marked))


def _date(parts: object) -> str:
    if not isinstance(parts, list):
        return ""
    numbers = [part for part in parts[:3] if isinstance(part, int)]
    return "-".join(f"{part:04}" if place == 0 else f"{part:02}" for place, part in enumerate(numbers))
