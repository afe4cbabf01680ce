"""A library over a Chroma server, as another program opens it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import UserError
from memory.library import PamphletLibrary
from memory.opening import open_pamphlets
from tests.memory.samples import DRAFTS, HOSTS, ask, task


def holds(library: PamphletLibrary, entries: int) -> None:
    assert library.index is not None
    report = library.index.verify()
    assert (report.problem, report.indexed, report.clean) == (None, entries, True)
    assert library.recall(ask(HOSTS.content)).hits[0].item.content == HOSTS.content
    assert library.degraded is None


def test_libraries_of_one_memory_share_a_server_and_other_memories_are_apart(
    tmp_path: Path, chroma_port: int
) -> None:
    server = f"http://127.0.0.1:{chroma_port}"
    one, other = (f"sqlite:///{tmp_path / name}.db" for name in ("one", "other"))
    with closing(open_pamphlets(one, embedder="lexical", index=server)) as first:
        first.learn(DRAFTS, task(1))
        holds(first, len(DRAFTS))
        with (
            closing(open_pamphlets(one, embedder="lexical", index=server)) as second,
            closing(open_pamphlets(other, embedder="lexical", index=server)) as third,
        ):
            third.learn([HOSTS], task(1))
            holds(third, 1)
            holds(second, len(DRAFTS))
            second.learn([replace(HOSTS, content="Senders stand in EmailEvents.")], task(2))
            holds(first, len(DRAFTS) + 1)


def test_without_its_server_a_library_compares_exactly_and_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'memory.db'}"
    with closing(open_pamphlets(url, embedder="lexical", index="http://127.0.0.1:1")) as library:
        library.learn([HOSTS], task(1))
        assert library.index is not None
        library.index.drain()
        found = library.recall(ask(HOSTS.content))
        assert (len(found.hits), found.degraded) == (1, True)
        assert "at 127.0.0.1:1" in (library.degraded or "")


@pytest.mark.parametrize("address", ["http://", "http://host:port", "http://host:99999"])
def test_an_address_that_cannot_be_read_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UserError, match="write http://HOST:PORT"):
        open_pamphlets(f"sqlite:///{tmp_path / 'memory.db'}", embedder="lexical", index=address)
