"""Answers as the services document them, made by hand, and a network that gives them."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx

TITLE = "Membranes that mend themselves under load in sea water"
LATER = "A later paper on membranes that nobody may see yet"

OPENALEX = {
    "meta": {"count": 2},
    "results": [
        {
            "id": "https://openalex.org/W1",
            "doi": "https://doi.org/10.1234/Mend.1",
            "title": TITLE,
            "publication_date": "2021-05-03",
            "authorships": [{"author": {"display_name": "Ada Lind"}}, {"author": None}],
            "primary_location": {
                "landing_page_url": "https://journal.example/mend",
                "source": {"display_name": "J. Membr."},
            },
            "locations": [{"landing_page_url": "http://arxiv.org/abs/2105.00001v2"}],
            "abstract_inverted_index": {"They": [0], "tear": [1, 4], "and": [2], "never": [3]},
            "referenced_works": ["https://openalex.org/W7"],
            "cited_by_count": 12,
        },
        {"id": "https://openalex.org/W2", "title": LATER, "publication_date": "2024-01-01"},
        {"id": "https://openalex.org/W3", "title": None},
    ],
}
SEMANTIC_SCHOLAR = {
    "total": 2,
    "data": [
        {
            "paperId": "abc",
            "title": TITLE,
            "abstract": "They tear and never tear",
            "year": 2021,
            "publicationDate": None,
            "authors": [{"authorId": "1", "name": "Ada Lind"}],
            "venue": "J. Membr.",
            "externalIds": {"DOI": "10.1234/mend.1", "ArXiv": "2105.00001"},
            "citationCount": 11,
            "url": "https://www.semanticscholar.org/paper/abc",
        },
        {"paperId": "later", "title": LATER, "year": 2024},
    ],
}
CROSSREF = {
    "status": "ok",
    "message": {
        "items": [
            {
                "DOI": "10.1234/mend.1",
                "title": [TITLE],
                "abstract": "<jats:p>They tear &amp; never tear</jats:p>",
                "author": [{"given": "Ada", "family": "Lind"}, {"name": "A consortium"}],
                "issued": {"date-parts": [[2021, 5]]},
                "container-title": ["J. Membr."],
                "URL": "https://doi.org/10.1234/mend.1",
                "reference": [{"key": "r1", "DOI": "10.1/old"}, {"key": "r2", "article-title": "Old work"}],
                "is-referenced-by-count": 9,
            },
            {"DOI": "10.1234/later", "title": [LATER], "issued": {"date-parts": [[2024]]}},
        ]
    },
}
ARXIV = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
  <entry>
    <id>http://arxiv.org/abs/2105.00001v2</id>
    <published>2021-05-03T17:00:00Z</published>
    <title>{TITLE.replace(" under", "  under")}</title>
    <summary>They tear
      and never tear</summary>
    <author><name>Ada Lind</name></author>
    <arxiv:doi>10.1234/mend.1</arxiv:doi>
    <arxiv:journal_ref>J. Membr.</arxiv:journal_ref>
  </entry>
  <entry><id>http://arxiv.org/abs/2401.00009v1</id><published>2024-01-02T00:00:00Z</published><title>{LATER}</title>
  </entry>
</feed>"""

BODIES = {
    "api.openalex.org": json.dumps(OPENALEX),
    "api.semanticscholar.org": json.dumps(SEMANTIC_SCHOLAR),
    "api.crossref.org": json.dumps(CROSSREF),
    "export.arxiv.org": ARXIV,
}

Answer = Callable[[httpx.Request], httpx.Response]


class Network:
    """Answers requests by a function and keeps them."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer or (lambda request: httpx.Response(200, text=BODIES[request.url.host]))

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._asked))

    def _asked(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)


class Time:
    """A clock that only sleep moves on."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
