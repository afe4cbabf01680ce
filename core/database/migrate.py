"""Schema changes: Alembic revisions in `migrations/versions`, run from the program in one transaction."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from core.database.engine import Database, explained
from core.errors import UserError

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from alembic.script import ScriptDirectory

_VERSION_TABLE = "alembic_version"
_LOCK_KEY = 0x41544C41
"""Key of the advisory lock that keeps two upgrades of one PostgreSQL database apart ("ATLA")."""


class DatabaseState(StrEnum):
    MISSING = "missing"
    EMPTY = "empty"
    CURRENT = "current"
    OUTDATED = "outdated"
    NEWER = "newer"
    FOREIGN = "foreign"


def check(url: str) -> DatabaseState:
    """How the database at the URL stands to this version of Atlas. Writes nothing and makes no file."""
    with Database(url) as database:
        if database.path is not None and not database.path.exists():
            return DatabaseState.MISSING
        with explained(database.url), database.engine.connect() as connection:
            return _state(connection, _scripts())


def current_revision(url: str) -> str | None:
    """The revision that the database stands at; None when there is none yet."""
    with Database(url) as database:
        if database.path is not None and not database.path.exists():
            return None
        with explained(database.url), database.engine.connect() as connection:
            return _revision(connection)


def upgrade(url: str) -> str:
    """Bring the database to this version's schema, making the file and its folder when missing.

    Returns the revision reached.

    Raises:
        UserError: made by a newer Atlas, not an Atlas database, or its place cannot be written.
    """
    with Database(url) as database:
        return _upgrade(database)


def open_database(url: str) -> Database:
    """Open a database ready for use; a missing or empty one is made.

    Raises:
        UserError: made by a newer Atlas, outdated (`atlas db upgrade` mends it), foreign or unwritable.
    """
    state = check(url)
    database = Database(url)
    if state in (DatabaseState.MISSING, DatabaseState.EMPTY):
        _upgrade(database)
    elif state is not DatabaseState.CURRENT:
        raise UserError(_refusal(state, database.shown_url))
    return database


def _upgrade(database: Database) -> str:
    scripts = _scripts()
    if database.path is not None:
        _make_folder(database.path.parent)
    with explained(database.url), database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        state = _state(connection, scripts)
        if state in (DatabaseState.NEWER, DatabaseState.FOREIGN):
            raise UserError(_refusal(state, database.shown_url))
        _run_migrations(connection, scripts)
        return _revision(connection) or ""


def _refusal(state: DatabaseState, shown_url: str) -> str:
    if state is DatabaseState.NEWER:
        return f"the database {shown_url} was made by a newer Atlas; upgrade Atlas or name another database"
    if state is DatabaseState.FOREIGN:
        return f"the database {shown_url} holds other tables and none of Atlas; name another database"
    return f"the database {shown_url} has an older schema; run: atlas db upgrade"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"cannot make the folder {folder}: {error.strerror}; name another with ATLAS_HOME"
        ) from None


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(Path(__file__).parent / "migrations"))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar_one_or_none()


def _state(connection: Connection, scripts: ScriptDirectory) -> DatabaseState:
    revision = _revision(connection)
    if revision is None:
        return DatabaseState.FOREIGN if inspect(connection).get_table_names() else DatabaseState.EMPTY
    if revision == scripts.get_current_head():
        return DatabaseState.CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    return DatabaseState.OUTDATED if revision in known else DatabaseState.NEWER


def _run_migrations(connection: Connection, scripts: ScriptDirectory) -> None:
    """Alembic without its `env.py`: the connection is ours and so is the transaction around it."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    def steps(revision: object, context: MigrationContext) -> list[RevisionStep]:
        return list(scripts._upgrade_revs("head", revision))  # type: ignore[arg-type]

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        with environment.begin_transaction():
            environment.run_migrations()
