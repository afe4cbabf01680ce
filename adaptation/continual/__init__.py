"""Tasks learned one after the other: how much is kept, by weights and by a memory that has none."""
