"""The house as it is laid out: who imports whom, what importing does, and how long things may be."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "memory", "atlas", "ideation", "adaptation", "benchmarks", "app")
MAX_FILE_LINES, MAX_FUNCTION_LINES = 400, 60
SETTINGS = "core/settings.py"
OPTIONAL = (
    *("torch", "transformers", "peft", "safetensors", "gguf"),
    *("pypdf", "psycopg", "starlette", "uvicorn"),
)
"""What an installation without extras lacks: modules that need it may fail to import, and only so."""


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Top names of what a file imports anywhere, in functions and for type checkers too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def importers(*names: str, among: tuple[str, ...] = PACKAGES) -> set[str]:
    return {shown(path) for path in sources(*among) if not set(names).isdisjoint(imports(path))}


def python(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}  # noqa: TID251
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**kept, "HOME": str(cwd), **environment},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_the_arrows_point_one_way() -> None:
    linted = python("-c", "from importlinter.cli import lint_imports_command as m; m()", "--no-cache")
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "Contracts: " in linted.stdout
    assert " 0 broken" in linted.stdout


@pytest.mark.parametrize(
    ("names", "folders", "most_files"),
    [
        (("langgraph", "langchain_core"), ("atlas/", "ideation/"), None),
        (("chromadb",), ("memory/",), 1),
        (("openai",), ("core/",), 1),
        (("torch", "transformers", "peft"), ("adaptation/",), None),
        (("fastapi", "starlette", "flask", "uvicorn", "aiohttp", "django", "mcp"), ("app/",), None),
        (("typer", "click", "rich"), ("app/",), None),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_frameworks_stay_in_their_place(
    names: tuple[str, ...], folders: tuple[str, ...], most_files: int | None
) -> None:
    found = importers(*names)
    assert {path for path in found if not path.startswith(folders)} == set()
    assert most_files is None or len(found) <= most_files, found


def test_the_search_for_imports_sees_them() -> None:
    assert "atlas/graph.py" in importers("langgraph")
    assert importers("chromadb")
    assert importers("openai")


@pytest.mark.parametrize("name", ["environ", "getenv", "environb", "putenv"])
def test_only_settings_read_the_environment(name: str) -> None:
    found = {
        shown(path)
        for path in sources(*PACKAGES)
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.alias) and node.name == name)
    }
    assert found <= {SETTINGS}


def test_gold_is_opened_in_benchmarks_alone() -> None:
    found = {
        shown(path)
        for path in sources(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("reveal_to", "_Gold__value")
    }
    outside = {path for path in found if not path.startswith("benchmarks/")}
    assert found - outside, "a Scorer opens gold"
    assert outside == set()


def test_files_are_short() -> None:
    lengths = {shown(p): len(p.read_text(encoding="utf-8").splitlines()) for p in sources(*PACKAGES, "tests")}
    assert {path: n for path, n in lengths.items() if n > MAX_FILE_LINES} == {}


def test_functions_are_short() -> None:
    long = {
        f"{shown(path)}:{node.lineno} {node.name}": length
        for path in sources(*PACKAGES, "tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_no_file_is_a_drawer_for_odds_and_ends() -> None:
    drawers = ("utils.py", "util.py", "helpers.py", "misc.py", "common.py")
    assert [shown(path) for path in sources(*PACKAGES, "tests") if path.name in drawers] == []


def test_nothing_is_mocked() -> None:
    assert importers("mock", among=("tests",)) == set()
    mocked = [shown(p) for p in sources("tests") if "unittest" + ".mock" in p.read_text(encoding="utf-8")]
    assert mocked == []


def test_no_path_of_one_machine_stands_in_the_project() -> None:
    places = tuple(f"/{name}/" for name in ("work", "tmp", "root", "home/runner"))
    texts = [
        *sources(*PACKAGES, "tests"),
        *ROOT.glob("*.md"),
        *ROOT.glob("*.toml"),
        *ROOT.glob("docs/**/*.md"),
    ]
    found = {
        f"{shown(path)}: {line.strip()}"
        for path in texts
        for line in path.read_text(encoding="utf-8").splitlines()
        if any(place in line for place in places)
    }
    assert found == set()


IMPORT_ALL = """
import importlib, pkgutil, sys

packages, optional, third = (argument.split(",") for argument in sys.argv[1:])
for name in third:
    importlib.import_module(name)
deeds = []


def watch(event, arguments):
    writing = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writing or event in ("os.mkdir", "os.remove", "os.rename", "os.putenv") or event[:7] == "socket.":
        deeds.append((event, str(arguments[0])))


sys.addaudithook(watch)
names = list(packages)
for package in packages:
    found = importlib.import_module(package)
    names += [module.name for module in pkgutil.walk_packages(found.__path__, package + ".")]
for name in names:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in optional:
            raise
assert not deeds, deeds
sys.stderr.write(f"{len(names)} modules")
"""
THIRD = (
    *("langgraph.graph", "langgraph.checkpoint.sqlite.aio", "sqlalchemy", "alembic", "openai"),
    *("numpy", "typer", "rich", "jinja2", "pydantic"),
)


@pytest.mark.timeout(180)  # torch takes a while to be imported where it is installed
def test_importing_a_module_does_nothing(tmp_path: Path) -> None:
    """What other people's packages do on their own import is theirs: they are imported first, unwatched."""
    lists = (",".join(names) for names in (PACKAGES, OPTIONAL, THIRD))
    imported = python("-c", IMPORT_ALL, *lists, cwd=tmp_path)
    assert (imported.returncode, imported.stdout) == (0, ""), imported.stderr
    assert int(imported.stderr.split()[0]) > 100
    assert list(tmp_path.iterdir()) == []


HELP = """
import sys
sys.argv = ["atlas", *sys.argv[1:]]
from app.main import main
try:
    main()
except SystemExit as left:
    status = left.code
heavy = {name.partition(".")[0] for name in sys.modules} & set(HEAVY)
assert not heavy, heavy
sys.exit(status)
"""
HEAVY = (
    *("langgraph", "langchain_core", "chromadb", "openai", "httpx", "sqlalchemy", "alembic", "pydantic"),
    *("sqlglot", "numpy", "onnxruntime", "matplotlib", "networkx", "tiktoken", "genai_prices", "torch"),
)


@pytest.mark.parametrize(
    "words", ["--help", "bench --help", "bench run --help", "memory --help", "run --help", "demo --help"]
)
def test_help_imports_nothing_heavy(words: str, tmp_path: Path) -> None:
    # typer itself reads the options of a command with pydantic, those of the root without.
    heavy = [name for name in HEAVY if name != "pydantic" or words == "--help"]
    helped = python("-c", f"HEAVY = {heavy}\n{HELP}", *words.split(), cwd=tmp_path)
    assert helped.returncode == 0, helped.stderr
    assert helped.stdout.startswith("Usage: atlas")
    assert helped.stderr == ""
