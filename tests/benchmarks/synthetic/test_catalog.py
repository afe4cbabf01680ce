from __future__ import annotations

from itertools import permutations

from benchmarks.synthetic.catalog import catalog


def test_no_phrase_for_an_alert_stands_inside_a_phrase_for_another() -> None:
    phrases = {
        phrase.lower(): key
        for key, kind in catalog().items()
        for phrase in (kind.plain_name, *kind.aliases, *kind.echoes)
    }
    assert len(phrases) == sum(1 + len(kind.aliases) + len(kind.echoes) for kind in catalog().values())
    for left, right in permutations(phrases, 2):
        assert left not in right or phrases[left] == phrases[right]


def test_every_type_has_phrases_of_both_kinds_and_a_summary_of_one_sentence() -> None:
    for kind in catalog().values():
        assert len(kind.aliases) >= 2
        assert kind.echoes
        assert kind.summary.endswith(".")
        assert kind.summary.count(". ") == 0
        assert kind.plain_name
