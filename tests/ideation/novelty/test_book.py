from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ideation.idea import IdeaText
from ideation.novelty.book import NoveltyBook, Standing, most_novel
from ideation.novelty.checking import NoveltyCheck
from ideation.novelty.ledger import Verdict, digest_of
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.novelty.papers import FAR, KNOWN, TOPIC, SmallLibrary, idea

LEXICAL = LexicalEmbedder()


def check(library: SmallLibrary | None = None) -> NoveltyCheck:
    return NoveltyCheck(topic=TOPIC, library=library or SmallLibrary(), embedder=LEXICAL)


async def test_6_5_a_verdict_goes_stale_with_any_change_of_the_text_and_is_then_checked_again() -> None:
    first = idea(KNOWN)
    book = NoveltyBook(check())
    assert book.standing(first) is Standing.NONE
    await book.refresh([first])
    assert (book.standing(first), book.verdict(first)) == (Standing.FRESH, Verdict.EXISTS)
    edited = replace(first, text=replace(FAR, title=KNOWN.title))
    assert (book.standing(edited), book.verdict(edited)) == (Standing.STALE, Verdict.UNKNOWN)
    await book.refresh([edited])
    assert (book.standing(edited), book.verdict(edited)) == (Standing.FRESH, Verdict.NOT_FOUND)


async def test_6_5_what_is_fresh_is_not_searched_for_again() -> None:
    library = SmallLibrary()
    book = NoveltyBook(check(library))
    first = idea(KNOWN)
    await book.refresh([first])
    asked = len(library.queries)
    again = await book.refresh([first])
    assert len(library.queries) == asked
    assert again == (book.report(first),)


async def test_6_5_unknown_after_a_failure_is_checked_again_only_when_asked_to() -> None:
    first = idea(KNOWN)
    down = NoveltyBook(check(SmallLibrary(broken=frozenset({"search"}))))
    await down.refresh([first])
    resumed = NoveltyBook(check(), down)
    await resumed.refresh([first])
    assert resumed.verdict(first) is Verdict.UNKNOWN
    await resumed.refresh([first], again=True)
    assert resumed.verdict(first) is Verdict.EXISTS


@given(
    st.sampled_from(["title", "problem", "mechanism", "prediction", "evaluation", "dropped", "consequence"]),
    st.text(max_size=20),
)
def test_6_5_the_digest_tells_any_two_texts_apart(part: str, words: str) -> None:
    other: IdeaText = replace(KNOWN, **{part: words})
    assert (digest_of(other) == digest_of(KNOWN)) is (dict(other) == dict(KNOWN))


async def test_most_novel_takes_what_was_not_found_and_the_farthest_of_what_is_partly_there() -> None:
    base = (await check().check(idea(KNOWN))).of
    report = await check().check(idea(FAR))
    assert base is not None
    found = replace(report, idea=idea(FAR).id)
    ideas = [idea(KNOWN, number=number) for number in range(4)]
    reports = {found.idea: found}
    for number, each in enumerate(ideas):
        whole = await check().check(each)
        finding = whole.findings[2]
        near = tuple(replace(paper, similarity=0.2 + 0.1 * number) for paper in finding.papers)
        partial = replace(finding, verdict=Verdict.PARTIAL, held_by=None, papers=near)
        parts = (*whole.findings[:2], partial, whole.findings[3])
        reports[each.id] = replace(whole, findings=parts)
    assert most_novel(reports) == {found.idea, ideas[0].id}
    assert most_novel({}) == frozenset()
