"""Every error of the product, drawn as a tree. Each class says who must act.

    AtlasError
    ├── UserError          wrong use: bad option, missing file, bad data file, unknown name   exit 2
    ├── ModelOutputError   the model answered what cannot be read, after its one repair
    ├── ProviderError      the endpoint failed after its bounded retries
    └── StorageError       the operator: database, index or disk

    LimitReached           a signal, not an error: a budget or step limit ended the work  exit 3

Errors are caught in three places only: the act node, the harness's border around one task, and the
command line. A failure is data: its text never stands in an answer field.
"""

from __future__ import annotations

from enum import StrEnum


class AtlasError(Exception):
    """Root of what the product raises on purpose; the message is one line for a person."""

    exit_status = 1


class UserError(AtlasError):
    """The user must act: the message says what to do."""

    exit_status = 2


class ModelOutputError(AtlasError):
    """A model's reply could not be read as what was asked for."""


class ProviderError(AtlasError):
    """A model or another service failed: it refused, timed out or answered nonsense, after all retries."""


class StorageError(AtlasError):
    """The operator must act: the database, the index or the disk cannot be used."""


class Limit(StrEnum):
    """What ran out."""

    STEPS = "steps"
    TOKENS = "tokens"
    MONEY = "money"
    TIME = "time"


class LimitReached(Exception):
    """Signal that ends an attempt or a run in good order; `except AtlasError` does not swallow it."""

    exit_status = 3

    def __init__(self, limit: Limit, message: str) -> None:
        super().__init__(message)
        self.limit = limit
