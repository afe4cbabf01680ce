"""The web inspector: stored runs and pamphlets as pages, read only."""
