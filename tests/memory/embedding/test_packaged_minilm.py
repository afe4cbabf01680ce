from __future__ import annotations

import numpy as np

from memory.embedding.packaged_minilm import MANY, PackagedMiniLm


def test_many_texts_at_once_get_the_vectors_that_each_gets_alone() -> None:
    texts = [f"{'word ' * number}alert {number} of an account" for number in range(MANY * 3)]
    model = PackagedMiniLm()
    together = model.embed(texts)
    assert np.array_equal(together, np.concatenate([model.embed([text]) for text in texts]))
    assert model.embed([]).shape == (0, model.dimensions)
