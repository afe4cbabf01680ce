"""The commands that documents and messages name are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.terminal import Terminal

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_COMMAND = re.compile(r"(?:^|`)\s*(?:\$ )?(?:[A-Z_]+=\S+ )*atlas ((?:[a-z]|--)[^`\n]*)", re.MULTILINE)


def command_lines(text: str) -> Iterator[str]:
    """Every command line of a page; one that is continued is joined."""
    for found in _COMMAND.finditer(text.replace("\\\n", " ")):
        yield found.group(1).strip()


def verbs_and_options(line: str) -> tuple[list[str], list[str]]:
    """The words of a command line up to its first value, and the long options that it uses."""
    words = shlex.split(line, comments=True)
    verbs: list[str] = []
    for word in words:
        if not re.fullmatch(r"[a-z][a-z-]*", word) or len(verbs) == 2:
            break
        verbs.append(word)
    return verbs, [word.partition("=")[0] for word in words if word.startswith("--")]


LINES = sorted({line for page in PAGES for line in command_lines(page.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_documents_is_there(line: str, tmp_path: Path) -> None:
    terminal = Terminal(folder=tmp_path)
    verbs, options = verbs_and_options(line)
    helped = terminal.run(*verbs, "--help")
    if helped.status and len(verbs) == 2:  # the second word is a value
        helped = terminal.run(verbs[0], "--help")
    assert helped.status == 0, f"atlas {line}: {helped.err}"
    assert [option for option in options if option not in helped.out] == [], f"atlas {line}"


def test_command_lines_are_found_and_taken_apart() -> None:
    page = (
        "Run `atlas demo`:\n```\natlas bench run synthetic \\\n  --limit 3  # a few\n```\nThe atlas here.\n"
    )
    assert list(command_lines(page)) == ["demo", "bench run synthetic    --limit 3  # a few"]
    assert verbs_and_options("bench run x --limit 3 --json") == (["bench", "run"], ["--limit", "--json"])
    assert verbs_and_options('run "Which host?" --incident=2') == (["run"], ["--incident"])


def test_the_readme_shows_the_first_command() -> None:
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("no README.md yet")
    assert "demo" in {verb for line in LINES for verb in verbs_and_options(line)[0]}


def test_commands_that_messages_advise_are_there(tmp_path: Path) -> None:
    """A complaint that sends the reader to a command which is not there sends them nowhere."""
    terminal = Terminal(folder=tmp_path)
    advised: set[str] = set()
    for package in ("app", "core", "memory", "atlas", "benchmarks", "ideation"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            advised |= set(re.findall(r"(?:`|: |run )atlas ((?:bench|memory|db|ideas|tune) [a-z-]+)", text))
    assert {"db upgrade", "memory list"} <= advised
    assert [words for words in sorted(advised) if terminal.run(*words.split(), "--help").status] == []
