"""The lazy table of parts, with real entry points of a package installed into a folder."""

from __future__ import annotations

import os.path
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import pytest

from core.errors import UserError
from core.registry import Registry, resolve

GROUP = "atlas.tests_of_registry"


def install(folder: Path, *lines: str) -> list[EntryPoint]:
    """The entry points of a distribution, from its metadata as an installer leaves it."""
    info = folder / "plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]), encoding="utf-8")
    return [
        point
        for found in distributions(path=[str(folder)])
        for point in found.entry_points.select(group=GROUP)
    ]


def registry(table: dict[str, str], plugins: Iterable[EntryPoint] = ()) -> Registry[Callable[..., object]]:
    return Registry("part", table, plugins=plugins)


def test_builtin_parts_are_got_by_name() -> None:
    assert registry({"join": "os.path:join"}).load("join") is os.path.join


def test_listing_names_imports_nothing() -> None:
    table = registry({"game": "this:s", "lost": "no_such_module:x"})
    assert table.names() == ("game", "lost")
    assert "this" not in sys.modules


def test_installed_parts_stand_beside_builtin_ones(tmp_path: Path) -> None:
    table = registry({"join": "os.path:join"}, install(tmp_path, "split = os.path:split"))
    assert table.names() == ("join", "split")
    assert table.load("split") is os.path.split


def test_entry_points_of_the_interpreter_are_the_default() -> None:
    scripts: Registry[object] = Registry("command", {}, group="console_scripts")
    assert "pytest" in scripts.names()


def test_an_unknown_name_lists_what_exists() -> None:
    with pytest.raises(UserError, match="unknown part 'jion': choose one of: join, split"):
        registry({"split": "os.path:split", "join": "os.path:join"}).load("jion")
    with pytest.raises(UserError, match="none is known"):
        registry({}).load("join")


def test_a_name_claimed_twice_is_refused_and_both_are_named(tmp_path: Path) -> None:
    table = registry({"join": "os.path:join"}, install(tmp_path, "join = other:join"))
    for use in (table.names, lambda: table.load("join")):
        with pytest.raises(
            UserError, match=r"two part entries are named 'join' \(os\.path:join and other:join\)"
        ):
            use()


def test_the_same_entry_seen_twice_is_one(tmp_path: Path) -> None:
    once = install(tmp_path, "join = os.path:join")
    assert registry({}, [*once, *once]).names() == ("join",)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("os.path", "write module:attribute"),
        (":join", "write module:attribute"),
        ("os.path:", "write module:attribute"),
        ("no_such_module:x", "cannot import no_such_module: ModuleNotFoundError"),
        ("os.path:jion", "module os.path has no jion"),
        ("os:path.jion", "module os has no path.jion"),
    ],
)
def test_what_cannot_be_resolved_is_a_users_error(path: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        resolve(path)


def test_a_module_that_fails_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "breaks_at_import.py").write_text("raise RuntimeError('one\\ntwo')\n", encoding="utf-8")
    program = (
        "from core.errors import UserError\nfrom core.registry import resolve\n"
        "try:\n    resolve('breaks_at_import:x')\nexcept UserError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout == "'breaks_at_import:x': cannot import breaks_at_import: RuntimeError: one two\n"


def test_dotted_attributes_are_followed() -> None:
    assert resolve("os:path.join") is os.path.join
