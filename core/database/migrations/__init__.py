"""Alembic revisions, as package data: `core.database.migrate` runs them."""
