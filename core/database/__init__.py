"""The one database: engine, sessions and migrations, by SQLAlchemy URL (SQLite or PostgreSQL)."""

from core.database.base import Base, UtcDateTime
from core.database.engine import Database
from core.database.migrate import DatabaseState, check, current_revision, open_database, upgrade

__all__ = [
    "Base",
    "Database",
    "DatabaseState",
    "UtcDateTime",
    "check",
    "current_revision",
    "open_database",
    "upgrade",
]
