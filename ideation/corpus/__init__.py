"""The corpus: papers from files and sources, merged into one store and searched without a network.

Open `store.py` first: `Corpus` imports and holds papers, `Corpus.view(cutoff)` is all that later stages see.
"""
