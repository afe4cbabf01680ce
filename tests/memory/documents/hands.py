"""What people do with a document: change a line of it, and bring it in."""

from __future__ import annotations

from memory.documents.importing import Imported, import_items
from memory.documents.markdown import parse
from memory.items import Item, ItemId
from memory.library import PamphletLibrary
from tests.memory.documents.memories import PERSON, content
from tests.memory.samples import HOSTS, SIGN_IN, task


def bring(library: PamphletLibrary, text: str, actor: str = PERSON, reason: str = "by hand") -> Imported:
    return import_items(library, parse(text), actor=actor, reason=reason)


def learned(library: PamphletLibrary) -> tuple[Item, Item]:
    """An active item and a candidate."""
    sign_in, hosts = library.learn([SIGN_IN, HOSTS], task(1)).added
    library.learn([SIGN_IN], task(2))
    return library.get(sign_in), library.get(hosts)


def of(text: str, item_id: ItemId, right: str, wrong: str) -> str:
    """The text with a line of one item changed."""
    start = text.index(f"## {item_id}")
    end = text.find("\n## ", start + 1)
    block = text[start : end if end > 0 else len(text)]
    assert right in block, right
    return text.replace(block, block.replace(right, wrong, 1))


def settles(library: PamphletLibrary, text: str, actor: str = PERSON) -> None:
    """A second import of the same text changes nothing."""
    before = content(library)
    again = bring(library, text, actor)
    assert (again.added, again.edited, again.conflicts, again.refused) == ((), (), (), ())
    assert len(again.unchanged) == len(parse(text))
    assert content(library) == before
