"""MySQL's error texts, in the form in which the official environment shows them to an agent."""

from __future__ import annotations

SCHEMA_NAME = "env_monitor_db"
_NEAR_LENGTH = 80


class MySqlError(Exception):
    """A statement that MySQL would refuse; `text` is what the agent reads."""

    def __init__(self, kind: str, message: str) -> None:
        self.text = f"{kind}: {message}"
        super().__init__(self.text)


def unknown_column(name: str, clause: str) -> MySqlError:
    return MySqlError("ProgrammingError", f"Unknown column '{name}' in '{clause}'")


def unknown_table(name: str) -> MySqlError:
    return MySqlError("ProgrammingError", f"Table '{SCHEMA_NAME}.{name}' doesn't exist")


def unknown_database(name: str) -> MySqlError:
    return MySqlError("ProgrammingError", f"Unknown database '{name}'")


def unknown_function(name: str) -> MySqlError:
    return MySqlError("ProgrammingError", f"FUNCTION {SCHEMA_NAME}.{name} does not exist")


def ambiguous_column(name: str, clause: str) -> MySqlError:
    return MySqlError("IntegrityError", f"Column '{name}' in {clause} is ambiguous")


def syntax_error(sql: str, offset: int) -> MySqlError:
    """`offset` is where the statement stops making sense."""
    near = sql[offset : offset + _NEAR_LENGTH]
    line = sql.count("\n", 0, offset) + 1
    return MySqlError(
        "ProgrammingError",
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server "
        f"version for the right syntax to use near '{near}' at line {line}",
    )


def invalid_json(function: str, argument: int, reason: str, position: int) -> MySqlError:
    return MySqlError(
        "DataError",
        f"Invalid JSON text in argument {argument} to function {function}: "
        f'"{reason}" at position {position}.',
    )


def interrupted() -> MySqlError:
    return MySqlError(
        "DatabaseError", "Query execution was interrupted, maximum statement execution time exceeded"
    )


def refused(command: str) -> MySqlError:
    return MySqlError(
        "ProgrammingError", f"{command} command denied to user 'agent'@'localhost' for this database"
    )
