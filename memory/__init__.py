"""Pamphlets: typed items with versions, evidence and exposures. SQL is the truth, Chroma an index."""
