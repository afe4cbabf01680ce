"""Tables and statements of memory, on SQLite and PostgreSQL alike."""
