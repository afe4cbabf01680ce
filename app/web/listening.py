"""A socket to serve on and how uvicorn serves on it: alike for the inspector and for models."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import uvicorn

from core.errors import UserError

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def listen(host: str, port: int) -> socket.socket:
    """Port 0 takes any free one.

    Raises:
        UserError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise UserError(
            f"cannot listen on {host}, port {port}: {reason}; choose another with --port"
        ) from None


def server(app: ASGIApp) -> uvicorn.Server:
    """Logs nothing and says nothing of itself; ends two seconds after it was told to."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=2,
        )
    )
