"""The disposable vector index behind SQL."""
