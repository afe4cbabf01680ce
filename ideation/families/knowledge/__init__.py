"""Family 1, external knowledge: ideas from what papers say. `arms.ARMS` are its methods.

Read `sitting.py` first (how an arm asks, keeps and turns away), then an arm with the part it stands on:
`recombination.py` on `facet_cache.py`; `entities.py` on `concepts.py` and `gaps.py`; `chain_of_ideas.py` on
`chains.py`; `inspirations.py` and `hops.py` on `screening.py`; `planned.py`; `paper_free.py` on
`retrieval.py` and `sampling.py`. `remembering.py` keeps what was rejected and what did well.
`replies.py` reads the answers.
"""
