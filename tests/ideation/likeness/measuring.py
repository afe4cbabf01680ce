"""How the shipped likeness is fitted and measured on NoveltyBench's pairs, by prompts held out.

`python -m tests.ideation.likeness.measuring` prints the table; with `--write` it writes the weights anew.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.embedder import Embedder
from ideation.evaluation.resampling import Estimate, Numbers
from ideation.likeness import model as shipped
from ideation.likeness.holding_out import Fitter, Scorer, held_out_scores, ridge_fitter
from ideation.likeness.logistic import fit, probability
from ideation.likeness.separation import Separation, auc, gain, separation
from ideation.likeness.signals import EMBEDDED, Floats, Pair, Pool, Signal
from ideation.likeness.thresholds import curve, curve_table, for_precision, for_recall
from memory.embedding.lexical import LexicalEmbedder
from memory.embedding.packaged_minilm import PackagedMiniLm

FILE = "ideation/noveltybench/gemini-1.5-pro_nb-curated_scores.jsonl"
ALL = tuple(Signal)
SETS: dict[str, tuple[Signal, ...]] = {
    "few": (Signal.MEANING_APART, Signal.WORDS, Signal.LENGTH),
    "shipped": (
        Signal.MEANING,
        Signal.MEANING_APART,
        Signal.MEANING_OPENING,
        Signal.WORDS,
        Signal.GRAM_TFIDF,
        Signal.WORD_PAIRS,
        Signal.SPAN,
        Signal.LENGTH,
        Signal.STRESSED,
    ),
    "all": ALL,
}
RIDGES = (1.0, 5.0, 25.0)
RIDGE = 5.0
SURE_PRECISION, SURE_BASE_RATE, MAYBE_RECALL = 0.95, 0.2, 0.95
"""Of five pairs in doubt four differ: what is called surely the same is right nineteen times in twenty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Labelled pairs with their signals: rows (n, k), labels, groups (n,), and the two baselines."""

    rows: Floats
    labels: NDArray[np.bool_]
    groups: Numbers
    tfidf: Floats
    cosine: Floats


def load(folder: Path) -> list[tuple[str, list[str], list[int]]]:
    """Prompt, answers and classes, in order of the prompt's number."""
    lines = (folder / FILE).read_text(encoding="utf-8").strip().split("\n")
    items = sorted((json.loads(line) for line in lines), key=lambda item: int(item["id"].split("-")[1]))
    return [(item["prompt"], item["generations"], item["partition"]) for item in items]


class Remembering:
    """An embedder that embeds each text once."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._known: dict[str, NDArray[np.float32]] = {}

    @property
    def id(self) -> str:
        return self._inner.id

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in texts if text not in self._known]
        self._known.update(zip(new, self._inner.embed(new), strict=True))
        return np.array([self._known[text] for text in texts], dtype=np.float32)


def pairs_of(
    items: Sequence[tuple[str, list[str], list[int]]],
    embedder: Embedder | None,
    *,
    context: bool,
    wanted: Sequence[Signal] = ALL,
) -> Pairs:
    """The fusion counts terms within one prompt's answers; the TF-IDF baseline among all answers."""
    rows, labels, groups = [], [], []
    spread: list[Pair] = []
    wanted = [signal for signal in wanted if embedder is not None or signal not in EMBEDDED]
    for at, (prompt, answers, classes) in enumerate(items):
        inside = list(combinations(range(len(answers)), 2))
        pool = Pool(answers, embedder=embedder, context=prompt if context else "")
        rows.append(pool.signals(inside, wanted))
        labels += [classes[one] == classes[other] for one, other in inside]
        groups += [at] * len(inside)
        start = sum(len(each[1]) for each in items[:at])
        spread += [(start + one, start + other) for one, other in inside]
    everything = Pool([answer for _, answers, _ in items for answer in answers], embedder=embedder)
    return Pairs(
        rows=np.concatenate(rows),
        labels=np.array(labels),
        groups=np.array(groups),
        tfidf=everything.signals(spread, [Signal.WORD_TFIDF])[:, 0],
        cosine=everything.signals(spread, [Signal.MEANING])[:, 0] if embedder else np.zeros(len(labels)),
    )


def columns(names: Sequence[Signal], *, embedded: bool = True) -> tuple[int, ...]:
    present = [signal for signal in ALL if embedded or signal not in EMBEDDED]
    return tuple(present.index(name) for name in names if name in present)


def choosing(embedded: bool) -> Fitter:
    """A fit that chooses signals and ridge itself, by five folds within what it is given."""

    def fitter(rows: Floats, labels: NDArray[np.bool_], groups: Numbers) -> Scorer:
        options = [
            ridge_fitter(ridge, columns(names, embedded=embedded))
            for names in SETS.values()
            for ridge in RIDGES
        ]
        areas = [
            auc(held_out_scores(rows, labels, groups, option, folds=5, seed=1), labels) for option in options
        ]
        return options[int(np.argmax(areas))](rows, labels, groups)

    return fitter


def sure_on_unseen(pairs: Pairs, chosen: tuple[int, ...]) -> tuple[float, float]:
    """Recall and false alarms on held-out prompts from thresholds chosen without them."""

    def fitter(rows: Floats, labels: NDArray[np.bool_], groups: Numbers) -> Scorer:
        inner = held_out_scores(rows, labels, groups, ridge_fitter(RIDGE, chosen), seed=1)
        point = for_precision(curve(inner, labels, base_rate=SURE_BASE_RATE), SURE_PRECISION)
        fitted = ridge_fitter(RIDGE, chosen)(rows, labels, groups)
        return lambda others: (fitted(others) >= (point.threshold if point else np.inf)).astype(np.float64)

    called = held_out_scores(pairs.rows, pairs.labels, pairs.groups, fitter)
    return float(called[pairs.labels].mean()), float(called[~pairs.labels].mean())


def shown(name: str, found: Separation) -> str:
    def part(estimate: Estimate) -> str:
        if estimate.value is None or estimate.interval is None:
            return "none"
        low, high = estimate.interval.low, estimate.interval.high
        return f"{estimate.value:+.3f} [{low:+.3f}, {high:+.3f}] n={estimate.n}"

    return f"{name:<34} pooled {part(found.pooled)}  within {part(found.within)}\n"


def fitted_entry(pairs: Pairs, backend: str, *, context: bool) -> tuple[shipped._Entry, str]:
    """The shipped numbers for a backend and the curve that its thresholds come from (held-out chances)."""
    embedded = backend != shipped.NO_EMBEDDER
    names = [name for name in SETS["shipped"] if embedded or name not in EMBEDDED]
    if not context:
        names = [name for name in names if name is not Signal.MEANING_APART]
    chosen = columns(names, embedded=embedded)
    held = probability(held_out_scores(pairs.rows, pairs.labels, pairs.groups, ridge_fitter(RIDGE, chosen)))
    points = curve(held, pairs.labels, base_rate=SURE_BASE_RATE)
    sure, maybe = for_precision(points, SURE_PRECISION), for_recall(points, MAYBE_RECALL)
    whole = fit(pairs.rows[:, chosen], pairs.labels, ridge=RIDGE)
    weights = {name: round(float(each), 4) for name, each in zip(names, whole.weights, strict=True)}
    entry = shipped._Entry(
        embedder=backend,
        context=context,
        bias=round(whole.bias, 4),
        weights={name: weight for name, weight in weights.items() if weight > 0},
        sure=round(sure.threshold, 4) if sure else 1.0,
        maybe=round(min(maybe.threshold, sure.threshold if sure else 1.0), 4),
    )
    return entry, curve_table(points)


def main(arguments: Sequence[str]) -> None:
    folder = Path(os.environ.get("ATLAS_SHARED_DATA") or "../shared/data")  # noqa: TID251
    items = load(folder)
    entries = []
    backends: list[tuple[str, Embedder | None]] = [
        ("all-MiniLM-L6-v2-int8", Remembering(PackagedMiniLm())),
        ("lexical-v1", Remembering(LexicalEmbedder())),
        (shipped.NO_EMBEDDER, None),
    ]
    for backend, embedder in backends:
        for context in (True, False):
            pairs = pairs_of(items, embedder, context=context)
            sys.stdout.write(
                f"\n{backend}, context {context}: {len(pairs.labels)} pairs, same {pairs.labels.mean():.3f}\n"
            )
            report(pairs, embedder is not None)
            entry, table = fitted_entry(pairs, backend, context=context)
            entries.append(entry)
            sys.stdout.write(f"curve of held-out chances at a base rate of {SURE_BASE_RATE}:\n{table}\n")
            sys.stdout.write(f"sure {entry.sure} maybe {entry.maybe} bias {entry.bias} {entry.weights}\n")
    if "--write" in arguments:
        write(entries)


def report(pairs: Pairs, embedded: bool) -> None:
    known = (pairs.labels, pairs.groups)
    sys.stdout.write(shown("TF-IDF", separation(pairs.tfidf, *known)))
    if embedded:
        sys.stdout.write(shown("cosine", separation(pairs.cosine, *known)))
    for name, names in SETS.items():
        fitter = ridge_fitter(RIDGE, columns(names, embedded=embedded))
        scores = held_out_scores(pairs.rows, *known, fitter)
        sys.stdout.write(shown(f"fusion {name}", separation(scores, *known)))
    chosen = columns(SETS["shipped"], embedded=embedded)
    recall, alarms = sure_on_unseen(pairs, chosen)
    sys.stdout.write(
        f"called surely the same on unseen prompts: recall {recall:.3f}, false alarms {alarms:.4f}\n"
    )
    scores = held_out_scores(pairs.rows, *known, choosing(embedded))
    sys.stdout.write(shown("fusion, chosen inside", separation(scores, *known)))
    sys.stdout.write(shown("  gain on TF-IDF", gain(scores, pairs.tfidf, *known)))
    if embedded:
        sys.stdout.write(shown("  gain on the cosine", gain(scores, pairs.cosine, *known)))


def write(entries: Sequence[shipped._Entry]) -> None:
    document = shipped._File(
        fitted_on="NoveltyBench curated prompts, ten answers each by one model: 4,500 pairs of 100 prompts",
        how=(
            f"logistic, ridge {RIDGE} on standardised signals, weights >= 0 in signals' own units;"
            f" thresholds on chances of held-out prompts (ten folds): sure = precision {SURE_PRECISION} at a"
            f" base rate of {SURE_BASE_RATE}, maybe = recall {MAYBE_RECALL}; made by"
            " tests/ideation/likeness/measuring.py"
        ),
        models=tuple(entries),
    )
    target = Path(shipped.__file__).with_name("weights.json")
    target.write_text(json.dumps(document.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
