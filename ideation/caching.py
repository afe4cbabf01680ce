"""An embedder that remembers: the stages of a run ask for the same texts again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.embedder import Embedder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.embedder import Vectors

MOST_KEPT = 20_000


class CachingEmbedder:
    """The vectors of `inner`, the last `MOST_KEPT` texts of them kept in memory."""

    def __init__(self, inner: Embedder, most_kept: int = MOST_KEPT) -> None:
        self._inner, self._most = inner, most_kept
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    @property
    def id(self) -> str:
        return self._inner.id

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        found = {text: self._known[text] for text in texts if text in self._known}
        if missing:
            found.update(zip(missing, self._inner.embed(missing), strict=True))
        for text, row in found.items():
            self._known[text] = row
            self._known.move_to_end(text)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([found[text] for text in texts])
