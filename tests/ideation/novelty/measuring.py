"""How the shipped novelty thresholds are set and measured, on the 51 hypotheses of MOOSE-Chem.

`python -m tests.ideation.novelty.measuring` prints the table; with `--write` it writes the thresholds anew.
For each hypothesis: the paper that holds it (its title with its experiments, in place of the abstract, which
the data lack), the papers that inspired it (which hold a part), and its nearest papers of all others.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from core.embedder import Embedder
from ideation.novelty.ledger import Aspect, Verdict
from ideation.novelty.thresholds import Scored, Threshold, calibrate
from memory.embedding.lexical import LexicalEmbedder
from memory.embedding.packaged_minilm import PackagedMiniLm

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_TITLE, _QUESTION, _HYPOTHESIS, _EXPERIMENTS, _INSPIRATIONS = "B", "G", "P", "Q", "JLN"
HARD = 5
FOLDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A hypothesis, the paper that holds it, and the places in the corpus of those that hold a part."""

    asked: dict[Aspect, str]
    paper: dict[Aspect, str]
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Out of fold: shares of ideas, each with the counts behind it."""

    threshold: Threshold
    found: tuple[int, int]
    alarms: tuple[int, int]
    missed: tuple[int, int]


def read_known(folder: Path) -> tuple[list[Known], list[str]]:
    """The hypotheses and the texts of the 300 papers."""
    corpus = json.loads((folder / "Inspiration_Corpus_300.json").read_text(encoding="utf-8"))
    place = {title.casefold().strip(): number for number, (title, _) in enumerate(corpus)}
    known = []
    for row in list(_rows(folder / "chem_research_2024.xlsx"))[1:]:
        title, question, hypothesis, tests = (
            row.get(column, "") for column in (_TITLE, _QUESTION, _HYPOTHESIS, _EXPERIMENTS)
        )
        described = f"{title}\n{tests}"
        known.append(
            Known(
                asked={
                    Aspect.PROBLEM: question,
                    Aspect.MECHANISM: hypothesis,
                    Aspect.BOTH: f"{question}\n{hypothesis}",
                    Aspect.EVALUATION: tests,
                },
                paper={
                    Aspect.PROBLEM: described,
                    Aspect.MECHANISM: described,
                    Aspect.BOTH: described,
                    Aspect.EVALUATION: f"{title}\n{hypothesis}",
                },
                parts=tuple(
                    place[name]
                    for column in _INSPIRATIONS
                    if (name := row.get(column, "").casefold().strip()) in place
                ),
            )
        )
    return known, [f"{title}\n{abstract}" for title, abstract in corpus]


def scored(known: Sequence[Known], corpus: Sequence[str], embedder: Embedder) -> dict[Aspect, list[Scored]]:
    """Labelled similarities by aspect; of papers that hold nothing the `HARD` nearest of each idea."""
    papers = embedder.embed(corpus)
    found: dict[Aspect, list[Scored]] = {}
    for aspect in Aspect:
        asked = embedder.embed([each.asked[aspect] for each in known])
        own = embedder.embed([each.paper[aspect] for each in known])
        to_own, to_corpus = asked @ own.T, asked @ papers.T
        rows: list[Scored] = []
        for number, each in enumerate(known):
            labelled = [(Verdict.EXISTS, float(to_own[number, number]))]
            labelled += [(Verdict.PARTIAL, float(to_corpus[number, part])) for part in each.parts]
            others = np.concatenate(
                [np.delete(to_own[number], number), np.delete(to_corpus[number], each.parts)]
            )
            labelled += [(Verdict.NOT_FOUND, float(value)) for value in np.sort(others)[-HARD:]]
            rows += [
                Scored(group=str(number), label=label, similarity=round(value, 6))
                for label, value in labelled
            ]
        found[aspect] = rows
    return found


def measure(rows: Sequence[Scored]) -> Measured:
    """Thresholds of all ideas, and what thresholds of nine folds do on the tenth."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for fold in range(FOLDS):
        inside = [each for each in rows if int(each.group) % FOLDS == fold]
        set_on = calibrate([each for each in rows if int(each.group) % FOLDS != fold])
        best: dict[tuple[str, Verdict], float] = {}
        for each in inside:
            key = (each.group, each.label)
            best[key] = max(best.get(key, -1.0), each.similarity)
        for (group, label), value in best.items():
            if label is Verdict.EXISTS:
                counts["found"].append(value >= set_on.exists)
            elif label is Verdict.PARTIAL:
                counts["missed"].append(value < set_on.partial)
            else:
                alarm = max(value, best.get((group, Verdict.PARTIAL), -1.0))
                counts["alarms"].append(alarm >= set_on.exists)
    shares = {name: (sum(values), len(values)) for name, values in counts.items()}
    return Measured(
        threshold=calibrate(rows), found=shares["found"], alarms=shares["alarms"], missed=shares["missed"]
    )


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    middle = (hits + z * z / 2) / (n + z * z)
    half = z * math.sqrt(hits * (n - hits) / n + z * z / 4) / (n + z * z)
    return middle - half, middle + half


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with zipfile.ZipFile(path) as book:
        texts = [
            "".join(part.text or "" for part in item.iter(f"{_SHEET}t"))
            for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        ]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    for row in sheet.iter(f"{_SHEET}row"):
        cells: dict[str, str] = {}
        for cell in row:
            value = cell.find(f"{_SHEET}v")
            if value is not None and value.text is not None:
                column = re.sub(r"\d", "", cell.get("r", ""))
                cells[column] = texts[int(value.text)] if cell.get("t") == "s" else value.text
        yield cells


def _told(share: tuple[int, int]) -> str:
    low, high = wilson(*share)
    return f"{share[0] / share[1]:.2f} ({low:.2f}-{high:.2f}, n={share[1]})"


def main(arguments: Sequence[str]) -> None:
    folder = Path(os.environ.get("ATLAS_SHARED_DATA") or "../shared/data")  # noqa: TID251
    known, corpus = read_known(folder / "ideation" / "moose_chem")
    table: dict[str, dict[str, dict[str, float]]] = {}
    for embedder in (LexicalEmbedder(), PackagedMiniLm()):
        table[embedder.id] = {}
        print(f"\n{embedder.id}")  # noqa: T201
        for aspect, rows in scored(known, corpus, embedder).items():
            found = measure(rows)
            table[embedder.id][aspect.value] = found.threshold.model_dump()
            print(  # noqa: T201
                f"  {aspect:<10} exists {found.threshold.exists:.3f} partial {found.threshold.partial:.3f}"
                f"  found {_told(found.found)}  false alarms {_told(found.alarms)}"
                f"  missed parts {_told(found.missed)}"
            )
    if "--write" in arguments:
        target = Path(__file__).parents[3] / "ideation" / "novelty" / "thresholds.json"
        target.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
