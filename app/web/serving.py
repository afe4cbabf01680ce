"""Runs the inspector on this machine's loopback until it is stopped."""

from __future__ import annotations

import asyncio
import os
import socket
import webbrowser
from contextlib import suppress

import uvicorn

from app.output import say
from app.web.home import Home
from app.web.server import make_app
from core.errors import UserError
from core.settings import Settings

ADDRESS = "127.0.0.1"


def serve_home(settings: Settings, port: int, *, open_page: bool = False) -> None:
    """Serve until Ctrl-C or a termination signal; port 0 takes any free one.

    Raises:
        UserError: the port is taken, or the home cannot be read.
    """
    with Home(settings) as home, _listen(port) as listener:
        url = f"http://{ADDRESS}:{listener.getsockname()[1]}/"
        config = uvicorn.Config(
            make_app(home),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=2,
        )
        say(f"the inspector is at {url} (Ctrl-C stops it)")
        if open_page:
            webbrowser.open(url)
        with suppress(KeyboardInterrupt):
            asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((ADDRESS, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise UserError(f"cannot listen on port {port}: {reason}; choose another with --port") from None
