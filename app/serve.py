"""`atlas serve`: look at runs and pamphlets in a browser."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes any.")] = 8765,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """The web inspector on 127.0.0.1: runs, tasks and pamphlets, read only."""
    from importlib.util import find_spec

    from core.errors import UserError
    from core.settings import load_settings

    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise UserError("the inspector needs its extra: pip install 'atlas-agents[web]'")
    from app.web.serving import serve_home

    serve_home(load_settings(), port, open_page=open_page)
