"""Opens the memory of this home for one command, to be read or to be changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.memory.options import actor_of

if TYPE_CHECKING:
    from datetime import datetime

    from app.house import House
    from app.memory.sheet import Sheet
    from core.database import Database
    from core.settings import Settings
    from memory.items import Item
    from memory.ledger.archive import Archive
    from memory.ledger.editor import Editor
    from memory.library import PamphletLibrary

LEAST_OF_AN_ID = 5
"""Letters of an id that are enough where no other item's id begins so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One memory, and who works on it."""

    settings: Settings
    database: Database
    library: PamphletLibrary
    actor: str

    @property
    def archive(self) -> Archive:
        return self.library.archive

    def editor(self) -> Editor:
        return self.library.editor(self.actor)

    def sheet(self) -> Sheet:
        from app.memory.sheet import Sheet

        return Sheet(colours=not self.settings.no_color)

    def last_event(self, at: datetime | None = None) -> int:
        """The number of the last event until a time, or of all; 0 when there is none."""
        from datetime import UTC, datetime

        from memory.ledger.reading import seq_at

        with self.database.reading() as session:
            return seq_at(session.connection(), at or datetime.max.replace(tzinfo=UTC))

    def item(self, name: str) -> Item:
        """The item of this id, or the only one whose id begins so.

        Raises:
            UserError: no such item, or several.
        """
        from core.errors import UserError
        from memory.items import ItemId

        try:
            return self.library.get(ItemId(name))
        except UserError:
            if len(name) < LEAST_OF_AN_ID:
                raise
            found = [item for item in self.library.items() if item.id.startswith(name)]
            if not found:
                raise
        if len(found) > 1:
            raise UserError(f"{len(found)} items begin with {name}: write more of the id")
        return found[0]


@contextmanager
def reading(*, searched: bool = False) -> Iterator[Desk]:
    """The memory to look into; one that is not there reads as empty, and nothing is made.

    With `searched` the embedder is that of the settings, else none is loaded.
    """
    from app.house import House

    with House(reading=True) as house:
        yield _desk(house, house.shelf(searched=searched))


@contextmanager
def changing(name: str | None, *, anew: bool = False) -> Iterator[Desk]:
    """The memory to be changed in the name of a person; see `options.actor_of`.

    Raises:
        UserError: there is no memory, unless it may be made `anew`.
    """
    from app.house import House

    actor = actor_of(name)
    with House(_settings(anew=anew)) as house:
        yield _desk(house, house.pen(), actor)


@contextmanager
def indexed() -> Iterator[Desk]:
    """The memory with its embedder and its index at rest.

    Raises:
        UserError: there is no memory.
    """
    from app.house import House

    with House(_settings(anew=False)) as house:
        yield _desk(house, house.workshop())


def _desk(house: House, library: PamphletLibrary, actor: str = "") -> Desk:
    return Desk(settings=house.settings, database=house.database, library=library, actor=actor)


def _settings(*, anew: bool) -> Settings:
    from core.database import DatabaseState, check
    from core.errors import UserError
    from core.settings import load_settings

    settings = load_settings()
    if not anew and check(settings.database_url) is DatabaseState.MISSING:
        raise UserError("there is no memory here yet; see: atlas memory add --help")
    return settings
