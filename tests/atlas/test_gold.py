"""No gold answer can reach atlas: neither by the types of its seams nor by its imports."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import typing
from pathlib import Path

import pytest

import atlas
from atlas.context import AtlasContext
from atlas.judge import Judge
from atlas.teacher import Teacher
from atlas.triage import Triager
from core.episode import Agent, Environment, Student
from core.gold import Gold

SEAMS = (Agent, Student, Environment, Teacher, Judge, Triager, AtlasContext)


def reachable(kind: object, seen: set[object]) -> set[object]:
    """All types that stand in the annotations of a type, its fields and its methods."""
    origin = typing.get_origin(kind) or kind
    parts = list(typing.get_args(kind))
    if (
        inspect.isclass(origin)
        and origin not in seen
        and origin.__module__.startswith(("core", "atlas", "memory"))
    ):
        seen.add(origin)
        functions = [f for _, f in inspect.getmembers(origin, inspect.isfunction)]
        hinted = [origin, *functions] if dataclasses.is_dataclass(origin) else functions
        for thing in hinted:
            parts += typing.get_type_hints(thing, include_extras=False).values()
    for part in parts:
        for inner in part if isinstance(part, list) else [part]:
            reachable(inner, seen)
    return seen


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.__name__)
def test_no_seam_of_atlas_speaks_of_gold(seam: type) -> None:
    import sys

    hints = sys.modules["core.recorder"]
    # The recorder names these for a type checker only.
    hints.__dict__.setdefault("Episode", sys.modules["core.episode"].Episode)
    hints.__dict__.setdefault("Step", sys.modules["core.episode"].Step)
    hints.__dict__.setdefault("Event", object)
    found = reachable(seam, set())
    assert len(found) > 1
    assert Gold not in found


def test_the_search_would_find_it() -> None:
    @dataclasses.dataclass
    class Planted:
        answers: list[Gold[str]]

    Planted.__module__ = "core.planted"
    Planted.__annotations__ = {"answers": list[Gold[str]]}
    assert Gold in reachable(Planted, set())


def test_no_file_of_atlas_imports_gold_or_a_benchmark() -> None:
    folder = Path(atlas.__file__).parent
    files = sorted(folder.rglob("*.py"))
    assert len(files) > 20
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            assert not any(name == "core.gold" or name.startswith("benchmarks") for name in names), path
