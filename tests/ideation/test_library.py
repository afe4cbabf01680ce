from __future__ import annotations

from ideation.corpus.query import Hit, Query
from ideation.corpus.store import Corpus
from ideation.corpus.view import CorpusView
from ideation.library import CorpusLibrary
from tests.ideation.corpus.samples import topics


class Overheard(CorpusView):
    """Answers as a view does and keeps what it was asked."""

    asked: tuple[Query, ...] = ()

    def search(self, query: Query) -> tuple[Hit, ...]:
        self.asked += (query,)
        return super().search(query)


def test_every_sentence_of_a_long_topic_is_looked_for() -> None:
    """Those after the sixth were once left out."""
    sentences = [f"Point {n} of a background with many points." for n in range(9)]
    sentences.append("Restraints between residues fold it.")
    with Corpus.open() as corpus:
        corpus.add(topics())
        whole = corpus.view()
        view = Overheard(corpus.database, None, whole.cutoff)
        found = CorpusLibrary(view).search(" ".join(sentences), 1)
        assert [each.title for each in found] == ["Protein folding with restraint networks"]
        assert view.asked[0].facets == tuple(sentences)
        CorpusLibrary(view).search("one sentence about folding proteins", 1)
        assert view.asked[1].facets == (), "a lone sentence is the whole query"
