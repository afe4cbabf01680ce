"""The idea pipeline. Its seams live in `core`; nothing of it is built yet."""
