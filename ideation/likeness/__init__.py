"""How alike two texts are, what counts as a duplicate, and what was copied."""
