"""`atlas tune serve`: a base model and its adapters behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.serving.keeping import Kept

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    base: Annotated[Path, typer.Argument(help="Base model: a GGUF file or a model folder.")],
    adapters: Annotated[
        list[str] | None,
        typer.Option("--adapter", help="Name of an adapter of this home; default: all of this base."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; there is no key.")] = LOOPBACK[0],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any.")] = 8766,
) -> None:
    """Serve /v1/chat/completions with the models BASE and BASE:ADAPTER until Ctrl-C."""
    from importlib.util import find_spec

    from adaptation.registry import require_extra

    require_extra()
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise UserError("serving needs an extra: pip install 'atlas-agents[web]'")
    from adaptation.base import quiet_libraries

    quiet_libraries()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(base, adapters, host, port))


async def _serve(base: Path, adapters: list[str] | None, host: str, port: int) -> None:
    from adaptation.manifest import base_record
    from adaptation.serving.live import LiveBase, Place
    from app.output import say
    from app.tune.endpoint import Endpoint
    from app.web.guard import HOSTS, Guard
    from app.web.listening import listen, server

    record = base_record(base)
    chosen = _chosen(adapters, record.sha256)
    places = {kept.name: Place(folder=kept.folder, task=kept.task) for kept in chosen}
    live = LiveBase(base, places)
    models = {record.name: None, **{f"{record.name}:{name}": name for name in places}}
    with listen(host, port) as listener:
        await live.open()
        app = Endpoint(live, models).app()
        place = f"[{host}]" if ":" in host else host
        say(f"models at http://{place}:{listener.getsockname()[1]}/v1 (Ctrl-C stops it): {', '.join(models)}")
        if host not in LOOPBACK:
            say(f"note: whoever reaches {host} can use these models: there is no key")
        try:
            await server(Guard(app) if host in HOSTS else app).serve(sockets=[listener])
        finally:
            live.close()


def _chosen(names: list[str] | None, base_sha256: str) -> list[Kept]:
    """The adapters that are named, or all of the base.

    Raises:
        UserError: one is not there, or was trained on another base.
    """
    from adaptation.serving.keeping import AdapterFolder
    from app.tune.options import adapters_folder

    kept = AdapterFolder(adapters_folder())
    found = [kept.find(name) for name in names or kept.names()]
    fitting = [each for each in found if each.manifest.base.sha256 == base_sha256]
    if names and len(fitting) < len(found):
        other = next(each for each in found if each not in fitting)
        raise UserError(f"adapter {other.name!r} was trained on another base: {other.manifest.base.path}")
    return fitting
