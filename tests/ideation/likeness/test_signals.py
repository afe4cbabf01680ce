from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.likeness.model import model_for
from ideation.likeness.reading import opening_of, read, tokens_of
from ideation.likeness.signals import EMBEDDED, Pool, Signal
from ideation.likeness.spans import longest_shared_span
from ideation.likeness.tfidf import cosine, tfidf
from memory.embedding.lexical import LexicalEmbedder

ALL = tuple(Signal)
TEXTS = st.text(alphabet='ab cé.1\n*"', max_size=30) | st.text(max_size=20)


@given(TEXTS, TEXTS, TEXTS)
def test_signals_stay_in_their_range_and_do_not_depend_on_the_order(one: str, other: str, topic: str) -> None:
    pool = Pool([one, other], embedder=LexicalEmbedder(), context=topic)
    there, back = pool.signals([(0, 1)], ALL), pool.signals([(1, 0)], ALL)
    assert np.allclose(there, back)
    assert (there <= 1.0 + 1e-6).all()
    assert (there >= -1.0 - 1e-6).all()
    plain = [at for at, signal in enumerate(ALL) if signal not in EMBEDDED]
    assert (there[:, plain] >= 0).all()


@given(TEXTS, TEXTS)
def test_equal_texts_have_every_signal_at_one(text: str, topic: str) -> None:
    pool = Pool([text, text, "something else"], embedder=LexicalEmbedder(), context=topic)
    found = dict(zip(ALL, pool.signals([(0, 1)], ALL)[0], strict=True))
    opening = found.pop(Signal.MEANING_OPENING)
    assert list(found.values()) == pytest.approx([1.0] * len(found))
    assert opening == pytest.approx(1.0) or opening == 0.0  # an opening without a word is a zero vector


def test_the_context_does_not_count_as_shared() -> None:
    topic = "batteries of sodium"
    texts = ["sodium batteries with a carbon anode", "sodium batteries under high pressure"]
    pair = [(0, 1)]
    plain = Pool(texts, embedder=LexicalEmbedder()).signals(pair, [Signal.WORDS, Signal.MEANING_APART])[0]
    apart = Pool(texts, embedder=LexicalEmbedder(), context=topic).signals(
        pair, [Signal.WORDS, Signal.MEANING_APART]
    )[0]
    assert apart[0] == 0.0 < plain[0]
    assert apart[1] < plain[1]


def test_an_embedded_signal_without_an_embedder_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an embedder"):
        Pool(["a", "b"]).signals([(0, 1)], [Signal.MEANING])


def test_a_reading_has_names_numbers_stress_and_the_opening() -> None:
    found = read('We use **Graph Nets** on 17 "rare" cases. Then Kyoto follows.', context="graph")
    assert found.opening == 'We use Graph Nets on 17 "rare" cases.'
    assert {"17", "kyoto", "nets"} <= found.names
    assert found.stressed == {"nets", "rare"}
    assert "graph" not in found.telling


def test_openings_end_at_a_sentence_a_line_or_not_at_all() -> None:
    assert opening_of("# A title\nand more") == "A title"
    assert opening_of("no end here") == "no end here"
    assert opening_of("") == ""
    assert tokens_of("深度 learning's 2 CATS") == ["深", "度", "learning's", "2", "cats"]


WORDS = st.lists(st.sampled_from("abc"), max_size=12)


@given(WORDS, WORDS)
def test_the_longest_span_is_a_run_of_both_and_none_is_longer(one: list[str], other: list[str]) -> None:
    span = longest_shared_span(one, other)
    assert one[span.start :][: span.length] == other[span.other_start :][: span.length]
    runs = {tuple(other[i:j]) for i in range(len(other)) for j in range(i + 1, len(other) + 1)}
    longest = max(
        (j - i for i in range(len(one)) for j in range(i + 1, len(one) + 1) if tuple(one[i:j]) in runs),
        default=0,
    )
    assert span.length == longest


def test_rare_terms_weigh_more_in_tfidf() -> None:
    from collections import Counter

    rows = tfidf([Counter("ab"), Counter("ac"), Counter("ad"), Counter("")])
    assert rows[0]["b"] > rows[0]["a"]
    assert cosine(rows[0], rows[0]) == pytest.approx(1.0)
    assert 0 < cosine(rows[0], rows[1]) < 0.5
    assert cosine(rows[0], rows[3]) == 0.0


@pytest.mark.parametrize("context", [True, False])
def test_no_shipped_signal_counts_against_likeness(context: bool) -> None:
    for embedder in (None, LexicalEmbedder()):
        model = model_for(embedder, context=context)
        assert (model.logistic.weights > 0).all()
        assert 0.0 < model.maybe < model.sure <= 1.0
        pool = Pool(["one idea in words", "one idea in words", "quite unlike"], embedder=embedder)
        equal, unlike = model.likeness(pool, [(0, 1), (0, 2)])
        assert unlike < model.maybe < model.sure < equal


def test_an_embedder_nobody_has_looked_at_is_not_believed() -> None:
    class Unknown(LexicalEmbedder):
        @property
        def id(self) -> str:
            return "some-new-model"

    assert model_for(Unknown(), context=False).backend == "none"
    assert model_for(LexicalEmbedder(), context=False).backend == "lexical-v1"
