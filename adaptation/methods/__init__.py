"""One file a method: paper, formula with shapes, what was reconstructed, and its count of parameters."""
