"""Training data: from runs, pamphlets and files to batches whose labels stand on the right roles."""
