"""`atlas doctor`: what works here, and why not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import typer

from app.options import Json

if TYPE_CHECKING:
    from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One part: `needed` parts that do not work make the doctor fail."""

    part: str
    works: bool
    detail: str
    needed: bool = True


def doctor(as_json: Json = False) -> None:
    """Check settings, database, memory, embedder, prices, models and optional parts. Writes nothing."""
    from app.output import print_json, print_text

    findings = examine()
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        marks = {True: "ok  ", False: "no  "}
        print_text("\n".join(f"{marks[f.works]}{f.part:<12}{f.detail}" for f in findings))
    if any(finding.needed and not finding.works for finding in findings):
        raise typer.Exit(1)


def examine() -> list[Finding]:
    """Look at every part; a part that fails says why and does not stop the others."""
    from core.errors import AtlasError
    from core.settings import load_settings

    python = Finding(part="python", works=sys.version_info >= (3, 11), detail=sys.version.split()[0])
    try:
        settings = load_settings()
    except AtlasError as error:
        return [python, Finding(part="settings", works=False, detail=str(error))]
    checks: tuple[tuple[str, Callable[[Settings], str], bool], ...] = (
        ("home", _home, True),
        ("database", _database, True),
        ("chroma", lambda _: _installed("chromadb"), True),
        ("langgraph", lambda _: _installed("langgraph"), True),
        ("embedder", _embedder, True),
        ("tokens", _tokens, True),
        ("prices", _prices, True),
        ("providers", _providers, False),
        ("local", lambda _: _extra("xllamacpp", "local"), False),
        ("tune", lambda _: _extra("torch", "tune"), False),
    )
    return [python, *(_look(part, check, settings, needed) for part, check, needed in checks)]


def _look(part: str, check: Callable[[Settings], str], settings: Settings, needed: bool) -> Finding:
    from core.errors import AtlasError

    try:
        return Finding(part=part, works=True, detail=check(settings), needed=needed)
    except (AtlasError, ImportError, OSError) as error:
        return Finding(part=part, works=False, detail=str(error), needed=needed)


def _home(settings: Settings) -> str:
    import os

    from core.errors import UserError

    folder = settings.home
    while not folder.exists() and folder.parent != folder:
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UserError(f"{settings.home} cannot be written: set ATLAS_HOME to a folder that can")
    return str(settings.home)


def _database(settings: Settings) -> str:
    from core.database import DatabaseState, check
    from core.errors import UserError

    state = check(settings.database_url)
    if state in (DatabaseState.NEWER, DatabaseState.FOREIGN):
        raise UserError(f"the database is {state.value}: name another with ATLAS_DATABASE_URL")
    return f"{state.value}" + ("; it is made at the first run" if state is DatabaseState.MISSING else "")


def _embedder(settings: Settings) -> str:
    from app.models import choose_embedder
    from core.errors import StorageError

    chosen = choose_embedder(settings)
    if chosen.degraded:
        raise StorageError(chosen.degraded)
    return chosen.embedder.id


def _tokens(settings: Settings) -> str:
    from core.tokens import count_tokens

    return f"tiktoken works without network ({count_tokens('pamphlets')} tokens in a word)"


def _prices(settings: Settings) -> str:
    from core.prices import price
    from core.usage import TokenUsage

    known = price("openai/gpt-5-mini", TokenUsage.zero()).known
    return "price table present" if known else "price table lacks common models"


def _providers(settings: Settings) -> str:
    from core.errors import UserError
    from core.settings import Settings as Known

    keys = [name for name in Known.model_fields if name.endswith("_api_key")]
    found = [Known.variable(name) for name in keys if getattr(settings, name) is not None]
    if not found:
        raise UserError("no key is set; offline students, local models and open endpoints work without")
    return f"keys set: {', '.join(found)}"


def _installed(package: str) -> str:
    from importlib.metadata import version

    return f"{package} {version(package)}"


def _extra(package: str, extra: str) -> str:
    from core.errors import UserError

    if find_spec(package) is None:
        raise UserError(f"not installed: pip install 'atlas-agents[{extra}]'")
    return f"{package} installed"
