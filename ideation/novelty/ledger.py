"""The evidence ledger of an idea: for each of its aspects the nearest papers and a verdict that names one.

Nearness is information and no verdict: `exists` without the paper that holds it cannot be said here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from ideation.corpus.identity import PaperId
from ideation.idea import IdeaId, IdeaText

TextDigest = NewType("TextDigest", str)
"""16 hex digits of the SHA-256 of an idea's parts: another text has another digest."""


class Verdict(StrEnum):
    """What is known of an aspect."""

    EXISTS = "exists"
    PARTIAL = "partial"
    NOT_FOUND = "not_found"
    """Searched for and not found: nothing more."""
    UNKNOWN = "unknown"
    """A search, a model or the embedder failed, or nothing could be compared."""


class Aspect(StrEnum):
    """What is looked for. `BOTH` is the mechanism for the problem: it may be new although both are old."""

    PROBLEM = "problem"
    MECHANISM = "mechanism"
    BOTH = "both"
    EVALUATION = "evaluation"

    def of(self, text: IdeaText) -> str:
        """The words of an idea that are compared; empty where it has none."""
        parts = {
            Aspect.PROBLEM: (text.problem,),
            Aspect.MECHANISM: (text.mechanism,),
            Aspect.BOTH: (text.problem, text.mechanism),
            Aspect.EVALUATION: (text.evaluation,),
        }
        return "\n".join(part.strip() for part in parts[self] if part.strip())


class By(StrEnum):
    """Who decided."""

    JUDGE = "judge"
    THRESHOLD = "threshold"
    """Similarity alone: a candidate that a reader has still to confirm."""
    RULE = "rule"
    """Numbers and plain words of the text."""
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class NearPaper:
    """`similarity` is a cosine in [-1, 1]; `score` what a judge said from 1 to 5, None without one."""

    paper: PaperId
    title: str
    similarity: float
    score: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One aspect: its papers the nearest first, and of `exists` the paper that holds it.

    Raises:
        ValueError: `exists` without a paper of `papers`, or a paper with another verdict.
    """

    aspect: Aspect
    verdict: Verdict
    by: By
    reason: str
    papers: tuple[NearPaper, ...] = ()
    held_by: PaperId | None = None

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.EXISTS) is (self.held_by is None):
            raise ValueError("exists names the paper that holds it, and no other verdict does")
        if self.held_by is not None and self.held_by not in {each.paper for each in self.papers}:
            raise ValueError(f"{self.held_by} is none of the papers that were compared")


class SearchKind(StrEnum):
    """How papers were looked for."""

    ORIGIN = "origin"
    """A paper that the idea grew from."""
    QUERY = "query"
    REFERENCES = "references"
    CITATIONS = "citations"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One look-up: `asked` is the query, or the paper that was followed; `failure` is empty when it went."""

    kind: SearchKind
    asked: str
    form: Aspect | None = None
    found: tuple[PaperId, ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoveltyReport:
    """`digest` is of the text that was checked; `judge` its name, empty where thresholds decided.

    `stopped` says what ended the check early.
    """

    idea: IdeaId
    digest: TextDigest
    embedder: str
    judge: str
    findings: tuple[Finding, ...]
    searches: tuple[Search, ...]
    failures: tuple[str, ...] = field(default=())
    stopped: str = ""

    def of(self, aspect: Aspect) -> Finding:
        return next(each for each in self.findings if each.aspect == aspect)

    @property
    def verdict(self) -> Verdict:
        """Of the idea: that of its mechanism for its problem."""
        return self.of(Aspect.BOTH).verdict

    @property
    def similarity(self) -> float | None:
        """To the nearest paper, of mechanism and problem together; None where none was compared."""
        papers = self.of(Aspect.BOTH).papers
        return papers[0].similarity if papers else None

    def is_stale(self, text: IdeaText) -> bool:
        """The text was changed after the check."""
        return digest_of(text) != self.digest


def digest_of(text: IdeaText) -> TextDigest:
    parts = "\x1f".join(f"{name}\x1e{part}" for name, part in text)
    return TextDigest(hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()[:16])
