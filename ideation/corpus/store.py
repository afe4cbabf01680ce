"""`Corpus`: papers from files and sources in one SQLite file, and the views by which all else sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import func, select

from core.database import Database
from core.embedder import Embedder
from core.errors import UserError
from ideation.corpus.dates import Cutoff
from ideation.corpus.formats import Format, read_file
from ideation.corpus.importing import ImportReport, import_drafts
from ideation.corpus.loading import keep_vectors
from ideation.corpus.lookup import Lookup
from ideation.corpus.merging import Added, add_batch, in_batches
from ideation.corpus.paper import Candidate
from ideation.corpus.rows import paper_of
from ideation.corpus.tables import marks, papers, prepare, vectors
from ideation.corpus.view import CorpusView

_EMBED_BATCH = 64


class Corpus:
    """Holds papers; `add` and `import_file` bring them, `view` shows them.

    Without an embedder, search goes by words alone. Vectors are kept in the file by the embedder's id, made
    by `embed` or, a few at a time, by a search that asks for it.
    """

    def __init__(self, database: Database, embedder: Embedder | None = None) -> None:
        prepare(database)
        self.database, self.embedder = database, embedder
        self._views: dict[Cutoff, tuple[int, CorpusView]] = {}

    @classmethod
    def open(cls, path: Path | None = None, embedder: Embedder | None = None) -> Self:
        """Open the file, making it where there is none; no path: in memory.

        Raises:
            UserError: the file cannot be opened, is no corpus, or a later version made it.
        """
        if path is None:
            return cls(Database("sqlite://"), embedder)
        if not path.parent.is_dir():
            raise UserError(f"there is no folder {path.parent} for the corpus; make it or name another file")
        return cls(Database(f"sqlite:///{path}"), embedder)

    def __len__(self) -> int:
        with self.database.reading() as session:
            return int(session.scalar(select(func.count()).select_from(papers)) or 0)

    def add(self, candidates: Iterable[Candidate]) -> Added:
        """Take papers in; those that are known under any key are merged into what is there."""
        total = Added()
        for batch in in_batches(candidates):
            with self.database.session() as session:
                total += add_batch(session.connection(), batch)
        return total

    def import_file(self, path: Path, form: Format | None = None) -> ImportReport:
        """Read a file of papers; its format by its name and first signs where none is given.

        Raises:
            UserError: the file cannot be read, or its format is not known.
        """
        found = read_file(path, form)
        return import_drafts(found.drafts, source=found.form.value, add=self.add)

    def embed(self, limit: int | None = None, progress: Callable[[int, int], None] | None = None) -> int:
        """Make the vectors that are missing, at most `limit`; how many were made.

        What is made is kept at once in batches of 64: an interrupted call goes on where it stopped.

        Raises:
            UserError: the corpus was opened without an embedder.
            ProviderError: the embedder failed.
        """
        if self.embedder is None:
            raise UserError("this corpus was opened without an embedder; name one, such as packaged")
        waiting = self._without_vector(limit)
        for start in range(0, len(waiting), _EMBED_BATCH):
            self._embed(waiting[start : start + _EMBED_BATCH])
            if progress is not None:
                progress(min(start + _EMBED_BATCH, len(waiting)), len(waiting))
        return len(waiting)

    def view(self, cutoff: Cutoff | None = None) -> CorpusView:
        """The papers before the cutoff, as they are now: what is added later needs another view."""
        cutoff = cutoff or Cutoff.hides_nothing()
        state = self._state()
        known = self._views.get(cutoff)
        if known is None or known[0] != state:
            known = (state, CorpusView(self.database, self.embedder, cutoff))
            self._views[cutoff] = known
        return known[1]

    @property
    def lookup(self) -> Lookup:
        """Which papers are held already, whatever their date: asked before a source is."""
        return Lookup(self.database)

    def close(self) -> None:
        self._views.clear()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _state(self) -> int:
        """Changes with every paper and every vector."""
        with self.database.reading() as session:
            return session.scalar(select(marks.c.value).where(marks.c.name == "state")) or 0

    def _without_vector(self, limit: int | None) -> list[tuple[int, str]]:
        assert self.embedder is not None
        made = select(vectors.c.number).where(vectors.c.embedder == self.embedder.id)
        query = select(papers).where(papers.c.number.not_in(made)).order_by(papers.c.id).limit(limit)
        with self.database.reading() as session:
            return [(row["number"], paper_of(row).text) for row in session.execute(query).mappings()]

    def _embed(self, waiting: list[tuple[int, str]]) -> None:
        assert self.embedder is not None
        rows = self.embedder.embed([text for _, text in waiting])
        with self.database.session() as session:
            keep_vectors(session.connection(), self.embedder.id, [number for number, _ in waiting], rows)
