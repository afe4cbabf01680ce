from __future__ import annotations

import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ProviderError
from ideation.corpus.dates import Cutoff
from ideation.sources.arxiv import Arxiv
from ideation.sources.cache import HttpCache
from ideation.sources.crossref import Crossref
from ideation.sources.gathering import gather, shortened
from ideation.sources.http import BudgetSpent, Fetcher, SourceDown
from ideation.sources.limits import HostPolicy, TokenBucket
from ideation.sources.openalex import OpenAlex
from ideation.sources.semantic_scholar import SemanticScholar
from ideation.sources.source import PaperSource
from tests.ideation.sources.answers import LATER, TITLE, Network, Time

ALL = Cutoff.hides_nothing()
BEFORE = Cutoff.before(date(2023, 1, 1))


def fetcher(network: Network, path: Path | None = None, time: Time | None = None) -> Fetcher:
    time = time or Time()
    return Fetcher(HttpCache(path), network.client(), clock=time, sleep=time.sleep)


def sources(fetch: Fetcher) -> tuple[PaperSource, ...]:
    return (
        OpenAlex(fetcher=fetch, key="secret-o"),
        SemanticScholar(fetcher=fetch, key="secret-s"),
        Arxiv(fetcher=fetch),
        Crossref(fetcher=fetch, mailto="ada@example.org"),
    )


@pytest.mark.parametrize("place", range(4))
async def test_0_4_every_source_gives_the_same_schema(place: int) -> None:
    source = sources(fetcher(Network()))[place]
    found = await source.search("membranes mend", 10, ALL)
    paper = found.papers[0].paper
    assert paper.title == TITLE
    assert paper.abstract.replace("&", "and").split()[:2] == ["They", "tear"]
    assert paper.authors[0] == "Ada Lind"
    assert (paper.doi, paper.year, paper.venue) == ("10.1234/mend.1", 2021, "J. Membr.")
    assert paper.arxiv in ("2105.00001", None)
    assert [each.paper.title for each in found.papers] == [TITLE, LATER]


async def test_0_2_what_all_four_found_shares_a_key() -> None:
    found = [await source.search("membranes", 10, ALL) for source in sources(fetcher(Network()))]
    assert frozenset.intersection(*(frozenset(each.papers[0].keys) for each in found))


@pytest.mark.parametrize("place", range(4))
async def test_0_7_nothing_later_than_the_cutoff_comes_home_and_sources_are_asked_so(place: int) -> None:
    network = Network()
    found = await sources(fetcher(network))[place].search("membranes", 10, BEFORE)
    assert [each.paper.title for each in found.papers] == [TITLE]
    assert "2023" in str(network.requests[0].url) or "20221231" in str(network.requests[0].url)


async def test_a_record_without_a_title_is_told_and_the_others_are_kept() -> None:
    found = await OpenAlex(fetcher=fetcher(Network())).search("membranes", 10, ALL)
    assert [(each.line, each.reason) for each in found.bad] == [(3, "title is missing")]


async def test_0_6_the_second_equal_query_asks_nobody_even_in_another_process(tmp_path: Path) -> None:
    network = Network()
    path = tmp_path / "cache" / "answers.sqlite3"
    for _ in range(2):
        fetch = fetcher(network, path)
        for source in sources(fetch):
            assert (await source.search("membranes mend", 10, ALL)).papers
    assert len(network.requests) == 4


async def test_keys_are_sent_and_never_kept(tmp_path: Path) -> None:
    network = Network()
    path = tmp_path / "answers.sqlite3"
    await gather(sources(fetcher(network, path)), "membranes", 5, ALL)
    asked = " ".join(f"{each.url} {each.headers}" for each in network.requests)
    assert all(secret in asked for secret in ("secret-o", "secret-s", "ada%40example.org"))
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert not any(secret in kept for secret in (b"secret-o", b"secret-s", b"ada"))


async def test_0_5_hosts_are_paced() -> None:
    time = Time()
    fetch = fetcher(Network(), time=time)
    arxiv = Arxiv(fetcher=fetch)
    for number in range(4):
        await arxiv.search(f"membranes {'x' * number}", 5, ALL)
    assert time.now - 1_000.0 == pytest.approx(9.0)


async def test_0_5_retries_are_bounded_and_the_source_is_left_alone_afterwards() -> None:
    network, time = Network(lambda request: httpx.Response(503)), Time()
    source = SemanticScholar(fetcher=fetcher(network, time=time))
    with pytest.raises(SourceDown):
        await source.search("membranes", 5, ALL)
    made = len(network.requests)
    assert 1 < made <= 4
    with pytest.raises(SourceDown, match="left alone"):
        await source.search("others", 5, ALL)
    assert len(network.requests) == made
    time.now += 61
    with pytest.raises(SourceDown):
        await source.search("others", 5, ALL)
    assert len(network.requests) == made + 1


async def test_0_5_what_a_source_asks_to_wait_is_waited() -> None:
    answers = iter(
        [httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(200, json={"data": []})]
    )
    time = Time()
    await SemanticScholar(fetcher=fetcher(Network(lambda _: next(answers)), time=time)).search("m", 5, ALL)
    assert 7.0 in time.slept
    with pytest.raises(SourceDown, match="asks to wait 9999 s"):
        await SemanticScholar(
            fetcher=fetcher(Network(lambda _: httpx.Response(429, headers={"retry-after": "9999"})))
        ).search("m", 5, ALL)


async def test_0_5_a_spent_budget_is_told_from_a_pace_that_is_too_fast() -> None:
    spent = httpx.Response(429, headers={"x-ratelimit-remaining-usd": "0", "x-ratelimit-cost-usd": "0.001"})
    network = Network(lambda _: spent)
    source = OpenAlex(fetcher=fetcher(network))
    for query in ("membranes", "others"):
        with pytest.raises(BudgetSpent, match="go on tomorrow"):
            await source.search(query, 5, ALL)
    assert len(network.requests) == 1


@pytest.mark.parametrize(("status", "said"), [(403, "refuses the key"), (404, "cannot answer that")])
async def test_what_a_source_refuses_is_not_asked_again(status: int, said: str) -> None:
    network = Network(lambda _: httpx.Response(status))
    with pytest.raises(ProviderError, match=said):
        await Crossref(fetcher=fetcher(network)).search("m", 5, ALL)
    assert len(network.requests) == 1


async def test_6_4_sources_that_are_down_are_unknown_and_the_others_answer() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host != "api.crossref.org":
            raise httpx.ConnectError("no route")
        return Network()._answer(request)

    found = await gather(sources(fetcher(Network(answer))), "membranes", 5, ALL)
    assert {each.paper.title for each in found.papers} == {TITLE, LATER}
    assert [line.split(":")[0] for line in found.unknown] == ["openalex", "semantic_scholar", "arxiv"]


async def test_0_9_a_long_query_without_hits_is_shortened() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        hits = len(request.url.params["query"].split()) <= 4
        return httpx.Response(200, json={"data": [{"paperId": "a", "title": TITLE}] if hits else []})

    network = Network(answer)
    source = SemanticScholar(fetcher=fetcher(network))
    found = await gather([source], "how do membranes of hydrogels mend a tear under load", 5, ALL)
    assert len(found.papers) == 1
    asked = found.queries["semantic_scholar"]
    assert len(asked) == len(network.requests) > 1
    assert {"membranes", "hydrogels"} <= set(asked[-1].split())


@given(st.text(max_size=200))
def test_0_9_shortening_ends_and_only_drops_words(query: str) -> None:
    asked = shortened(query)
    assert 1 <= len(asked) <= 5
    assert all(set(each.split()) <= set(query.split()) for each in asked)
    assert all(len(a.split()) > len(b.split()) for a, b in pairwise(asked))


KEYS = st.sampled_from(["results", "data", "message", "items", "title", "doi", "authorships"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["results", "data", "message", "items", "title", "doi", "authorships"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(json_values, st.sampled_from([0, 1, 3]))
async def test_any_answer_is_papers_bad_records_or_an_error_of_the_source(body: object, place: int) -> None:
    network = Network(lambda _: httpx.Response(200, text=json.dumps(body)))
    found = await sources(fetcher(network))[place].search("membranes", 5, ALL)
    assert all(each.paper.title for each in found.papers)


@pytest.mark.parametrize("place", range(4))
async def test_an_answer_of_another_kind_is_an_error_of_the_source(place: int) -> None:
    network = Network(lambda _: httpx.Response(200, text="<html>maintenance"))
    with pytest.raises(ProviderError, match=r"no JSON|no feed"):
        await sources(fetcher(network))[place].search("membranes", 5, ALL)


async def test_references_are_what_a_source_knows() -> None:
    fetch = fetcher(Network())
    works = await OpenAlex(fetcher=fetch).references("W9")
    assert works.papers[0].paper.title == TITLE
    cited = Network(
        lambda _: httpx.Response(200, json={"data": [{"citedPaper": {"paperId": "x", "title": TITLE}}]})
    )
    assert len((await SemanticScholar(fetcher=fetcher(cited)).references("abc")).papers) == 1
    assert (await Arxiv(fetcher=fetch).references("2105.00001")).papers == ()


async def test_a_bucket_lets_a_burst_pass_and_then_keeps_the_pace() -> None:
    time = Time()
    bucket = TokenBucket(HostPolicy(host="h", per_second=2.0, burst=3), time, time.sleep)
    for _ in range(5):
        await bucket.take()
    assert sum(time.slept) == pytest.approx(1.0)
