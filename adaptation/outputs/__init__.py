"""Adaptation of outputs: what a classifier, a router or a reranker says is adapted, its model is not."""
