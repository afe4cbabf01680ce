"""Nodes of the graph. Each may run twice, so each of its writes is idempotent by its key."""
