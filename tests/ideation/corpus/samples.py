"""Small corpora for tests."""

from __future__ import annotations

from collections.abc import Iterable

from ideation.corpus.dates import Published
from ideation.corpus.paper import Candidate, candidate

TOPICS = (
    ("Thermocells from salting out hydrogels", "Body heat drives ions through a tough hydrogel.", "2019-03"),
    ("Graphene membranes for ion sieving", "Layered graphene parts small ions from large ones.", "2020"),
    (
        "Perovskite nanowires grown by templates",
        "Molecular templates steer crystals of perovskite.",
        "2021-06-30",
    ),
    ("Palladium catalysed allylic oxidation", "A sulfoxide ligand turns allylic bonds of alkenes.", "2022"),
    ("Protein folding with restraint networks", "Restraints between residues fold a protein.", "2023-11-02"),
    ("Ammonia from lithium mediated reduction", "Lithium metal reduces nitrogen to ammonia.", "2024-01-15"),
    ("Hydrogels that fight fatigue", "Freeze casting makes a hydrogel tough against cracks.", "2024-08"),
)


def paper(title: str, abstract: str = "", published: str | None = None, **more: str) -> Candidate:
    return candidate(
        title=title,
        abstract=abstract,
        published=Published.parse(published) if published else None,
        doi=more.get("doi"),
        arxiv=more.get("arxiv"),
    )


def topics() -> Iterable[Candidate]:
    return (paper(*each) for each in TOPICS)


def many(count: int) -> Iterable[Candidate]:
    """Papers that share words in different mixtures."""
    stems = (
        "ion",
        "gel",
        "laser",
        "enzyme",
        "polymer",
        "quantum",
        "carbon",
        "solvent",
        "membrane",
        "crystal",
    )
    for number in range(count):
        held = [stems[(number * step + step) % len(stems)] for step in (1, 3, 7)]
        yield paper(f"Study {number} of {' and '.join(held)}", f"About {held[0]} number {number}.", "2020")
