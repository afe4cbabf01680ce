from __future__ import annotations

from collections.abc import Iterator

import pytest

from atlas.pamphlet_store import PamphletStore
from memory.embedding.lexical import LexicalEmbedder
from memory.library import PamphletLibrary
from tests.atlas.pamphlets.samples import AGENT


@pytest.fixture
def library() -> Iterator[PamphletLibrary]:
    opened = PamphletLibrary.in_memory(LexicalEmbedder())
    yield opened
    opened.close()


@pytest.fixture
def store(library: PamphletLibrary) -> PamphletStore:
    return PamphletStore(library, actor=AGENT)
