from __future__ import annotations

import gc
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.database import Database, DatabaseState, check
from core.errors import UserError
from memory.embedding.lexical import LexicalEmbedder
from memory.opening import open_pamphlets
from tests.memory.samples import DRAFTS, HOSTS, SIGN_IN, ask, task


def test_without_a_url_it_is_empty_and_in_memory() -> None:
    for url in (None, "sqlite://", "sqlite:///:memory:"):
        with closing(open_pamphlets(url, embedder="lexical")) as library:
            assert library.items() == ()
            assert len(library.learn(DRAFTS, task(1)).added) == len(DRAFTS)


def test_the_packaged_embedder_is_used_unless_another_is_named() -> None:
    with closing(open_pamphlets()) as packaged, closing(open_pamphlets(embedder="lexical")) as lexical:
        assert packaged.embedder.id.startswith("all-MiniLM")
        assert lexical.embedder.id.startswith("lexical")
    with pytest.raises(UserError, match="no embedder"):
        open_pamphlets(embedder="magic")


class OwnEmbedder:
    """Somebody's own, of three dimensions."""

    id = "own-v1"
    dimensions = 3

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.tile(np.float32([1.0, 0.0, 0.0]), (len(texts), 1))


def test_an_embedder_of_ones_own_may_be_given() -> None:
    with closing(open_pamphlets(embedder=OwnEmbedder())) as library:
        library.learn([HOSTS], task(1))
        assert library.recall(ask("anything at all")).hits[0].similarity == pytest.approx(1.0)


def test_a_file_is_made_with_its_folder_and_outlives_the_library(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'memory.db'}"
    with closing(open_pamphlets(url, embedder="lexical")) as library:
        (item,) = library.learn([HOSTS], task(1)).added
    assert check(url) is DatabaseState.CURRENT
    with closing(open_pamphlets(url, embedder=LexicalEmbedder(), frozen=True)) as library:
        assert [each.id for each in library.items()] == [item]
        assert library.learn([SIGN_IN], task(2)).refused == ("the memory is frozen",)
    with pytest.raises(UserError, match="frozen"):
        library.editor("person:eva")


def test_a_frozen_memory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    with pytest.raises(UserError, match="there is no memory at"):
        open_pamphlets(f"sqlite:///{file}", embedder="lexical", frozen=True)
    assert not file.exists()


def test_databases_of_others_are_refused_and_let_go_of(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'foreign.db'}") as foreign, foreign.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (id INTEGER)")
    for url in (f"sqlite:///{tmp_path / 'foreign.db'}", "mysql://host/name", "no url"):
        with pytest.raises(UserError):
            open_pamphlets(url, embedder="lexical")


def test_only_tools_that_there_are_may_be_called() -> None:
    with closing(open_pamphlets(embedder="lexical", tools=("search",))) as library:
        learned = library.learn([SIGN_IN], task(1))
        assert learned.quarantined
        with pytest.raises(UserError, match="a tool that is not there"):
            library.editor("person:eva").add(SIGN_IN)


def test_a_folder_holds_the_index_and_only_one_library_uses_it(tmp_path: Path) -> None:
    url, folder = f"sqlite:///{tmp_path / 'memory.db'}", tmp_path / "index"
    with closing(open_pamphlets(url, embedder="lexical", index=folder)) as library:
        (item,) = library.learn([HOSTS], task(1)).added
        assert library.index is not None
        report = library.index.verify()
        assert report.problem is None
        assert list(folder.iterdir())
        assert library.degraded is None
        assert [hit.item.id for hit in library.recall(ask("host names", "answer_type:host")).hits] == [item]
    with closing(open_pamphlets(url, embedder="lexical", index=folder)) as again:
        assert again.index is not None
        assert again.index.verify().problem is None


def test_a_library_that_nobody_closed_leaves_no_thread_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'memory.db'}"
    library = open_pamphlets(url, embedder="lexical", index=tmp_path / "index")
    library.learn([HOSTS], task(1))
    assert "index-keeper" in {thread.name for thread in threading.enumerate()}
    del library
    gc.collect()
    assert "index-keeper" not in {thread.name for thread in threading.enumerate()}


def test_a_place_that_cannot_be_written_is_the_users_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match="cannot make the folder"):
        open_pamphlets(f"sqlite:///{tmp_path / 'file' / 'memory.db'}", embedder="lexical")
