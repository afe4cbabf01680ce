"""The border around the tests themselves: no network, no keys of the developer."""

from __future__ import annotations

import asyncio
import os
import socket
import threading

import pytest

FAR = "203.0.113.7"


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_addresses_beyond_loopback_are_refused(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as one:
        one.settimeout(0.2)
        with pytest.raises(RuntimeError, match="loopback only"):
            one.connect((FAR, 80))
        with pytest.raises(RuntimeError, match="loopback only"):
            one.connect_ex((FAR, 80))
        with pytest.raises(RuntimeError, match="loopback only"):
            one.sendto(b"x", (FAR, 53))


def test_names_are_not_looked_up() -> None:
    for look_up in (socket.gethostbyname, socket.gethostbyname_ex):
        with pytest.raises(RuntimeError, match="loopback only"):
            look_up("example.org")
    with pytest.raises(RuntimeError, match="loopback only"):
        socket.getaddrinfo("example.org", 443)
    with pytest.raises(RuntimeError, match="loopback only"):
        socket.create_connection(("example.org", 443), timeout=0.2)


async def test_an_event_loop_is_held_to_it_too() -> None:
    for host in (FAR, "example.org"):
        with pytest.raises(RuntimeError, match="loopback only"):
            async with asyncio.timeout(2):
                await asyncio.open_connection(host, 443)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"hello")

        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(("localhost", server.getsockname()[1]), timeout=2) as client:
            assert client.recv(5) == b"hello"
        thread.join()


def test_keys_and_settings_of_the_developer_are_gone() -> None:
    kept = {"ATLAS_SHARED_DATA", "ATLAS_TEST_MODELS"}
    names = [n for n in os.environ if n.startswith(("ATLAS_", "OPENAI_", "OPENROUTER_", "ANTHROPIC_"))]  # noqa: TID251
    assert set(names) <= kept
