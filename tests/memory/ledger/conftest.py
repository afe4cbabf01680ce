from __future__ import annotations

import pytest

from memory.ledger.editor import Editor
from memory.library import PamphletLibrary
from tests.memory.ledger.hands import ANN, RULE


@pytest.fixture
def ann(library: PamphletLibrary) -> Editor:
    return library.editor(ANN)


@pytest.fixture
def rule(library: PamphletLibrary) -> Editor:
    return library.editor(RULE)
