"""The home that the inspector looks into, opened once and never written."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from app.house import House
from core.database import DatabaseState, check

if TYPE_CHECKING:
    from core.settings import Settings
    from core.store import RunStore
    from memory.library import PamphletLibrary


class Home:
    """Runs and pamphlets of one home. One that is not there reads as empty until it is made.

    Raises:
        UserError: the database cannot be read, or is from a newer version.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._missing = True
        self._open()

    def _open(self) -> None:
        self._missing = check(self._settings.database_url) is DatabaseState.MISSING
        self._house = House(self._settings, reading=True)
        self._pamphlets = self._house.shelf()

    def refresh(self) -> None:
        """Look again for a home that was missing."""
        if self._missing and check(self._settings.database_url) is not DatabaseState.MISSING:
            self.close()
            self._open()

    @property
    def runs(self) -> RunStore:
        return self._house.store

    @property
    def pamphlets(self) -> PamphletLibrary:
        return self._pamphlets

    def close(self) -> None:
        self._house.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
