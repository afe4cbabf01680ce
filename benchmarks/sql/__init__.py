"""MySQL as agents write it, answered by SQLite: databases, translation, observations, environment."""
