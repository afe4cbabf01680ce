"""The table is read without torch, and says in one line what is missing."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from adaptation import registry
from adaptation.registry import Kind, entries, load_method, require_extra, tuning_methods
from core.errors import UserError
from core.registry import resolve

ROOT = Path(__file__).resolve().parents[2]
LISTED = """
import sys
from adaptation.registry import entries
assert len(entries()) >= 6
heavy = {name.partition(".")[0] for name in sys.modules} & {"torch", "transformers", "peft", "pydantic"}
assert not heavy, heavy
"""


def test_listing_the_methods_imports_no_torch() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_rows_and_names_are_each_used_once() -> None:
    found = entries()
    assert len({entry.name for entry in found}) == len({entry.row for entry in found}) == len(found)
    assert sorted(entry.row for entry in found) == list(range(1, 42))
    assert all(entry.paper for entry in found)


def test_rows_beside_the_weights_are_there_but_are_no_tuning_methods() -> None:
    beside = {entry.row: entry for entry in entries() if not entry.kind.tunes}
    assert sorted(beside) == [1, 6, 7, 10, 21, 34]
    assert len(tuning_methods()) == 41 - len(beside)
    assert not {entry.name for entry in beside.values()} & set(tuning_methods())
    with pytest.raises(UserError, match=r"lame tunes no weights \(kind: output\): see adaptation.outputs"):
        load_method("lame")
    for row in (1, 6, 7, 10):
        assert callable(resolve(beside[row].target))
    pytest.importorskip("torch")
    for row in (21, 34):
        assert callable(resolve(beside[row].target))


def test_every_tuning_method_loads_by_its_name() -> None:
    pytest.importorskip("torch")
    for name in tuning_methods():
        assert load_method(name).name == name


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "NEEDED", ("json", "no_such_package"))
    with pytest.raises(UserError) as refused:
        load_method("lora")
    assert str(refused.value) == "adapter tuning needs no_such_package: pip install 'atlas-agents[tune]'"


def test_a_method_of_another_package_is_listed_and_loaded() -> None:
    point = EntryPoint("theirs", "adaptation.methods.lora:Lora", registry.GROUP)
    listed = {entry.name: entry for entry in entries([point])}
    assert listed["theirs"].kind is Kind.PLUGIN
    assert listed["lora"].row == 5
    pytest.importorskip("torch")
    assert load_method("theirs", [point]).name == "lora"


def test_an_unknown_method_is_named() -> None:
    pytest.importorskip("torch")
    require_extra()
    with pytest.raises(UserError, match="unknown adapter method 'nothing': choose one of: allora"):
        load_method("nothing")
