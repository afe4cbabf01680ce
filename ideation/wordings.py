"""What methods ask beside the templates, all of it read from `prompts/`: one place to change a wording.

`wordings.md` has questions, directions and criteria by name; `decks.json`, `triz.json` and `personas.json`
have the operators and roles. `digests` tells which versions a run used.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from core.errors import UserError
from ideation.muse import Criterion

FILE = "wordings.md"
DATA = ("decks.json", "personas.json", "triz.json")
_HEAD = re.compile(r"^## (.+)$", re.MULTILINE)
_ANCHOR = re.compile(r"^- ([135]): (.+)$", re.MULTILINE)
_PARAGRAPHS = re.compile(r"\n\s*\n")
_VALUE = re.compile(r"\{\{ (\w+) \}\}")


def wording(name: str, **values: object) -> str:
    """The text of that name with its values filled in.

    Raises:
        UserError: there is no such wording, or it asks for other values than are given.
    """
    texts = read_wordings(_text(FILE))
    if name not in texts:
        raise UserError(f"{FILE} has no section {name!r}")
    return _filled(name, texts[name], values)


def criterion(name: str, called: str = "", **values: object) -> Criterion:
    """The criterion of that name, `called` as it is told to a judge.

    Raises:
        UserError: see `wording`; or it has not its three anchors.
    """
    whole = wording(f"criteria/{name}", **values)
    anchors = dict(_ANCHOR.findall(whole))
    if set(anchors) != {"1", "3", "5"}:
        raise UserError(f"{FILE}, criteria/{name}: say what 1, 3 and 5 mean")
    return Criterion(
        name=called or name.partition(": ")[2],
        question=" ".join(_ANCHOR.sub("", whole).split()),
        anchors=(anchors["1"], anchors["3"], anchors["5"]),
    )


def read_wordings(text: str) -> Mapping[str, str]:
    """By the names of the sections.

    Raises:
        UserError: a name twice, or a section without a text.
    """
    parts = _HEAD.split(text)[1:]
    names, bodies = [name.strip() for name in parts[::2]], [body.strip() for body in parts[1::2]]
    if len(set(names)) < len(names):
        raise UserError(f"{FILE} has a section twice")
    if empty := [name for name, body in zip(names, bodies, strict=True) if not body]:
        raise UserError(f"{FILE}: the section {empty[0]!r} is empty")
    return dict(zip(names, bodies, strict=True))


def digests() -> dict[str, str]:
    """SHA-256 in hexadecimal of every file of wordings that is no template."""
    return {name: hashlib.sha256(data(name)).hexdigest() for name in (FILE, *DATA)}


def data(name: str) -> bytes:
    """One of the files, as it is."""
    return files("ideation.prompts").joinpath(name).read_bytes()


def _filled(name: str, text: str, values: Mapping[str, object]) -> str:
    wanted = set(_VALUE.findall(text))
    if wanted != set(values):
        there = ", ".join(sorted(values)) or "none"
        raise UserError(
            f"{FILE}, {name}: its values in braces are {', '.join(sorted(wanted))}; given: {there}"
        )
    filled = _VALUE.sub(lambda found: str(values[found[1]]), text)
    if _ANCHOR.search(filled):
        return filled
    return "\n".join(" ".join(part.split()) for part in _PARAGRAPHS.split(filled))


@lru_cache
def _text(name: str) -> str:
    return files("ideation.prompts").joinpath(name).read_text(encoding="utf-8")
