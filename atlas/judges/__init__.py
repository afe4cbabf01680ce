"""Judges: rules over a review, and an ensemble of model samples with an arbiter."""
