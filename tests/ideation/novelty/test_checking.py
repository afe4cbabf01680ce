from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.budget import Budget, BudgetLimits
from core.errors import Limit, LimitReached, ProviderError
from ideation.corpus.identity import PaperId
from ideation.costs import CostLedger
from ideation.idea import IdeaText
from ideation.muse import ReviewRequest
from ideation.muses.offline import OfflineMuse
from ideation.novelty.checking import STAGE, NoveltyCheck
from ideation.novelty.ledger import Aspect, By, Finding, NearPaper, NoveltyReport, SearchKind, Verdict
from ideation.novelty.searching import Reach
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.novelty.papers import FAR, KNOWN, TOPIC, CannedMuse, SmallLibrary, by_paper, idea

LEXICAL = LexicalEmbedder()
GRADES = st.one_of(st.none(), st.integers(1, 5))


class BrokenEmbedder(LexicalEmbedder):
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise ProviderError("the embedder is away")


class OtherEmbedder(LexicalEmbedder):
    @property
    def id(self) -> str:
        return "nobody calibrated this"


def check(**changes: object) -> NoveltyCheck:
    return NoveltyCheck(**{"topic": TOPIC, "library": SmallLibrary(), "embedder": LEXICAL} | changes)  # type: ignore[arg-type]


def verdicts(report: NoveltyReport) -> dict[Aspect, Verdict]:
    return {each.aspect: each.verdict for each in report.findings}


async def test_6_3_a_known_idea_exists_in_a_paper_of_the_library_and_the_ledger_says_who_decided() -> None:
    report = await check().check(idea(KNOWN))
    found = report.of(Aspect.BOTH)
    assert (found.verdict, found.held_by, found.by) == (Verdict.EXISTS, "p1", By.THRESHOLD)
    assert "by similarity alone" in found.reason
    assert [each.aspect for each in report.findings] == list(Aspect)
    for each in report.findings:
        values = [near.similarity for near in each.papers]
        assert values == sorted(values, reverse=True)
    assert report.judge == ""


async def test_6_3_an_idea_far_from_all_papers_is_not_found() -> None:
    report = await check().check(idea(FAR))
    assert report.verdict is Verdict.NOT_FOUND
    assert report.of(Aspect.BOTH).papers


async def test_6_3_what_an_idea_took_from_a_paper_is_partly_there_though_no_similarity_says_so() -> None:
    taken = replace(FAR, mechanism=f"{FAR.mechanism} A wavelet filter bank keeps the clock of the berths.")
    free = (await check().check(idea(taken))).of(Aspect.MECHANISM)
    grown = (await check().check(idea(taken, papers=["p3", "p2"]))).of(Aspect.MECHANISM)
    assert free.verdict is Verdict.NOT_FOUND
    assert (grown.verdict, grown.by) == (Verdict.PARTIAL, By.RULE)
    assert "[p2]" in grown.reason


async def test_6_6_the_papers_an_idea_grew_from_are_always_compared() -> None:
    report = await check(reach=Reach(per_query=2, hop_from=0)).check(idea(FAR, papers=["p2", "p99"]))
    found = {each.asked: each.found for each in report.searches if each.kind is SearchKind.ORIGIN}
    assert found == {"p2": ("p2",), "p99": ()}
    assert "p2" in {near.paper for near in report.of(Aspect.BOTH).papers}


async def test_6_3_the_offline_muse_decides_nothing() -> None:
    with_muse, without = [await check(judge=judge).check(idea(KNOWN)) for judge in (OfflineMuse(), None)]
    assert with_muse == without


async def test_6_3_a_judge_decides_whatever_the_similarity_is() -> None:
    refuted = CannedMuse(score=1)
    report = await check(judge=refuted).check(idea(KNOWN))
    assert report.verdict is Verdict.NOT_FOUND
    assert report.of(Aspect.BOTH).by is By.JUDGE
    assert report.judge == refuted.name
    assert all(len(request.sources) == 1 for request in refuted.reviews)
    part = await check(judge=CannedMuse(score=by_paper({"p4": 4})), judged=4).check(idea(KNOWN))
    assert part.verdict is Verdict.PARTIAL
    assert "[p4]" in part.of(Aspect.BOTH).reason
    scores = by_paper({"p4": 5, "p1": 3})
    held = await check(judge=CannedMuse(score=scores), judged=4).check(idea(KNOWN))
    assert held.of(Aspect.BOTH).held_by == "p4"


def test_6_3_exists_cannot_be_said_without_its_paper() -> None:
    near = (NearPaper(paper=PaperId("p1"), title="t", similarity=0.9),)
    for verdict, held_by in ((Verdict.EXISTS, None), (Verdict.EXISTS, "p9"), (Verdict.PARTIAL, "p1")):
        with pytest.raises(ValueError, match="paper"):
            Finding(
                aspect=Aspect.BOTH,
                verdict=verdict,
                by=By.JUDGE,
                reason="",
                papers=near,
                held_by=PaperId(held_by) if held_by else None,
            )


@settings(max_examples=40, deadline=None)
@given(st.lists(GRADES, min_size=4, max_size=4), st.sampled_from([KNOWN, FAR]))
async def test_6_3_every_exists_names_a_paper_of_the_library(
    grades: list[int | None], text: IdeaText
) -> None:
    library = SmallLibrary()
    scores = dict(zip(("p1", "p2", "p3", "p4"), grades, strict=True))
    report = await check(library=library, judge=CannedMuse(score=by_paper(scores))).check(idea(text))
    for each in report.findings:
        assert (each.held_by in library.papers()) is (each.verdict is Verdict.EXISTS)
        if each.verdict is Verdict.NOT_FOUND:
            assert all(near.score is not None for near in each.papers[:2])


@pytest.mark.parametrize("way", ["search", "references", "citations", "similar"])
async def test_6_4_a_search_that_fails_leaves_the_verdict_unknown(way: str) -> None:
    ledger = CostLedger(Budget(BudgetLimits()))
    broken = check(library=SmallLibrary(broken=frozenset({way})), ledger=ledger)
    for text in (KNOWN, FAR):
        report = await broken.check(idea(text))
        assert set(verdicts(report).values()) == {Verdict.UNKNOWN}
        assert any("503" in failure for failure in report.failures)
    assert ledger.stage(STAGE).failures.total() >= 2


async def test_6_4_what_a_judge_read_in_a_paper_outlives_a_failed_search() -> None:
    library = SmallLibrary(broken=frozenset({"citations"}))
    report = await check(library=library, judge=CannedMuse(score=by_paper({"p1": 5}))).check(idea(KNOWN))
    assert report.of(Aspect.BOTH).held_by == "p1"
    other = await check(library=library, judge=CannedMuse(score=3)).check(idea(KNOWN))
    assert other.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "judge", [CannedMuse(failure=ProviderError("no answer")), CannedMuse(score=None)], ids=["fails", "unsure"]
)
async def test_6_4_a_judge_that_fails_leaves_the_verdict_unknown(judge: CannedMuse) -> None:
    for text in (KNOWN, FAR):
        report = await check(judge=judge).check(idea(text))
        assert set(verdicts(report).values()) == {Verdict.UNKNOWN}
        assert report.failures


async def test_6_4_one_failed_call_of_two_is_no_not_found() -> None:
    def score(request: ReviewRequest) -> int | None:
        return 1 if request.sources[0].paper == "p1" else None

    report = await check(judge=CannedMuse(score=score)).check(idea(KNOWN))
    assert report.verdict is Verdict.UNKNOWN
    assert report.of(Aspect.BOTH).papers[0].score == 1


async def test_6_4_a_spent_budget_is_unknown_and_told() -> None:
    spent = CannedMuse(failure=LimitReached(Limit.MONEY, "spent 1 of 1 USD"))
    report = await check(judge=spent).check(idea(KNOWN))
    assert set(verdicts(report).values()) == {Verdict.UNKNOWN}
    assert report.stopped == "spent 1 of 1 USD"


async def test_6_4_without_embedder_thresholds_or_papers_nothing_is_known() -> None:
    empty = SmallLibrary(without=frozenset({"p1", "p2", "p3", "p4"}))
    for changes, words in (
        ({"embedder": BrokenEmbedder()}, "away"),
        ({"embedder": OtherEmbedder()}, "calibrate"),
        ({"library": empty}, "no paper"),
    ):
        report = await check(**changes).check(idea(KNOWN))
        assert set(verdicts(report).values()) == {Verdict.UNKNOWN}
        assert words in report.of(Aspect.BOTH).reason


async def test_6_3_an_aspect_that_the_idea_lacks_is_unknown() -> None:
    bare = IdeaText(title="t", problem=KNOWN.problem, mechanism=KNOWN.mechanism, prediction="", evaluation="")
    report = await check().check(idea(bare))
    assert report.of(Aspect.EVALUATION).verdict is Verdict.UNKNOWN
    assert report.verdict is Verdict.EXISTS


async def test_6_6_three_forms_and_one_hop_are_searched_and_stored() -> None:
    library = SmallLibrary()
    report = await check(library=library).check(idea(KNOWN))
    queries = [each for each in report.searches if each.kind is SearchKind.QUERY]
    assert [each.form for each in queries] == [Aspect.PROBLEM, Aspect.MECHANISM, Aspect.BOTH]
    assert queries[0].asked == KNOWN.problem
    assert KNOWN.mechanism in queries[2].asked
    assert all(each.asked in library.queries for each in queries)
    hops = {(each.kind, each.asked): each.found for each in report.searches if each.form is None}
    assert hops[SearchKind.REFERENCES, "p1"] == ("p4",)
    assert hops[SearchKind.CITATIONS, "p1"] == ("p3",)
    assert all(np.isfinite(near.similarity) for each in report.findings for near in each.papers)


async def test_10_1_the_same_check_gives_the_same_report_alone_and_among_others() -> None:
    ideas = [idea(KNOWN), idea(FAR, number=1)]
    both = await check().check_all(ideas)
    alone = [await check().check(each) for each in ideas]
    assert list(both) == alone
