"""The facets of a paper: which of its sentences say what is wrong, what was done, how it was tested."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ideation.corpus.identity import PaperId


class FacetKind(StrEnum):
    """The facets of Scideator (arXiv 2409.14634) and what a paper leaves open."""

    PROBLEM = "problem"
    MECHANISM = "mechanism"
    EVALUATION = "evaluation"
    LIMITATION = "limitation"
    FUTURE = "future"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """`source[start:end]` is where it stands in the paper's text; -1 where a model worded it anew."""

    kind: FacetKind
    text: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFacets:
    """`by` is the muse that read the paper."""

    paper: PaperId
    by: str
    facets: tuple[Facet, ...]

    def of(self, kind: FacetKind) -> tuple[str, ...]:
        return tuple(facet.text for facet in self.facets if facet.kind is kind)


_SENTENCE = re.compile(r"[^.!?\n]+(?:\.(?=\S)[^.!?\n]*|[.!?](?!\s|$))*[.!?]?", re.UNICODE)
_SIGNS: tuple[tuple[FacetKind, re.Pattern[str]], ...] = (
    (
        FacetKind.FUTURE,
        re.compile(
            r"\b(?:future (?:work|research|stud)|remains? (?:to be|open|unclear)|open question"
            r"|further (?:work|research|stud))",
            re.I,
        ),
    ),
    (
        FacetKind.LIMITATION,
        re.compile(
            r"\b(?:limit(?:ed|ation|s)|drawback|suffers?|fail(?:s|ed)? to|at the cost of|cannot|unable"
            r"|however|lacks?|only (?:for|under|in))\b",
            re.I,
        ),
    ),
    (
        FacetKind.MECHANISM,
        re.compile(
            r"\b(?:we (?:propose|introduce|present|develop|report|design|use|show how|describe|synthesi[sz]e)"
            r"|by (?:means of|\w+ing)|via|is (?:proposed|introduced|presented|achieved)"
            r"|(?:method|approach|strategy|framework|catalyst|reaction|model|protocol|algorithm)s?\b.{0,40}"
            r"\b(?:that|which|enables?|based on|using)|enabl(?:es|ed|ing))",
            re.I,
        ),
    ),
    (
        FacetKind.EVALUATION,
        re.compile(
            r"\b(?:experiment|evaluat|benchmark|measur|outperform|yield|demonstrat|reveal|confirm|result"
            r"|accuracy|efficien|validated|found that|\d+(?:\.\d+)?\s?%)",
            re.I,
        ),
    ),
    (
        FacetKind.PROBLEM,
        re.compile(
            r"\b(?:challeng|problem|difficult|remain|need(?:ed)? for|important|crucial|critical|demand"
            r"|unknown|bottleneck|essential|desir)",
            re.I,
        ),
    ),
)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences of a text, without the blanks around them."""
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if end - start > 1:
            yield start, end


def read_facets(paper: PaperId, title: str, abstract: str) -> PaperFacets:
    """Facets by rules: every sentence of the abstract gets the first kind of whose signs it has one.

    Where no sentence tells the problem, the first one does (abstracts begin with it); where none tells the
    mechanism, the title does.
    """
    found = [
        Facet(kind=kind, text=abstract[start:end], start=start, end=end)
        for start, end in sentences(abstract)
        if (kind := _kind(abstract[start:end])) is not None
    ]
    kinds = {facet.kind for facet in found}
    if FacetKind.PROBLEM not in kinds and (first := next(sentences(abstract), None)):
        start, end = first
        found.insert(0, Facet(kind=FacetKind.PROBLEM, text=abstract[start:end], start=start, end=end))
    if FacetKind.MECHANISM not in kinds:
        found.append(Facet(kind=FacetKind.MECHANISM, text=title))
    return PaperFacets(paper=paper, by="rules", facets=tuple(found))


def _kind(sentence: str) -> FacetKind | None:
    return next((kind for kind, signs in _SIGNS if signs.search(sentence)), None)
