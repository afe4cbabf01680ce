"""What stands behind the `Muse` seam: a chat model, and the recombiner that needs none."""
