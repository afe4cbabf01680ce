"""Runs the inspector on this machine's loopback until it is stopped."""

from __future__ import annotations

import asyncio
import webbrowser
from contextlib import suppress

from app.output import say
from app.web.home import Home
from app.web.listening import listen, server
from app.web.server import make_app
from core.settings import Settings

ADDRESS = "127.0.0.1"


def serve_home(settings: Settings, port: int, *, open_page: bool = False) -> None:
    """Serve until Ctrl-C or a termination signal; port 0 takes any free one.

    Raises:
        UserError: the port is taken, or the home cannot be read.
    """
    with Home(settings) as home, listen(ADDRESS, port) as listener:
        url = f"http://{ADDRESS}:{listener.getsockname()[1]}/"
        say(f"the inspector is at {url} (Ctrl-C stops it)")
        if open_page:
            webbrowser.open(url)
        with suppress(KeyboardInterrupt):
            asyncio.run(server(make_app(home)).serve(sockets=[listener]))
