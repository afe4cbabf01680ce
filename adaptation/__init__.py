"""The adapter-tuning backend. Its seams live in `core`; nothing of it is built yet."""
