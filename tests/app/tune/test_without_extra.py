"""Where torch is not installed the methods are listed all the same, and the rest says so in one line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.app.terminal import ROOT, Terminal

BLOCKED = """
import importlib.abc, importlib.util, sys
names = ("torch", "transformers", "peft", "safetensors", "gguf", "llguidance")
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name in names else found(name, *more)
sys.meta_path.insert(0, Missing())
from app.main import main
main(sys.argv[1:])
"""


def run(terminal: Terminal, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCKED, *words],
        cwd=terminal.folder,
        env={**terminal.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_methods_are_listed_without_it(terminal: Terminal) -> None:
    done = run(terminal, "tune", "list", "--json")
    assert done.returncode == 0, done.stderr
    assert '"name": "lora"' in done.stdout
    assert not terminal.contents()


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--base", "m", "--data", "d"),
        ("merge", "a", "--out", "o"),
        ("export", "a", "--out", "o"),
        ("eval", "a", "--data", "d"),
        ("compare", "--out", "o", "--base", "m", "--data", "d"),
        ("continual", "--base", "m", "--data", "d"),
    ],
)
def test_the_others_say_what_to_install_in_one_line(terminal: Terminal, words: tuple[str, ...]) -> None:
    done = run(terminal, "tune", *words)
    assert done.returncode == 2
    assert done.stderr == (
        "atlas: adapter tuning needs torch, transformers, peft, safetensors, gguf, llguidance:"
        " pip install 'atlas-agents[tune]'\n"
    )
    assert done.stdout == ""
