"""The corpus file: its own SQLite schema with a number in it, made and checked by `prepare`."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    inspect,
    select,
    text,
)

from core.database import Database
from core.database.engine import explained
from core.errors import UserError

SCHEMA = 1
"""Goes up with every change that older code cannot read."""

metadata = MetaData()

marks = Table("corpus_marks", metadata, Column("name", Text, primary_key=True), Column("value", Integer))

papers = Table(
    "papers",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("authors", Text, nullable=False),
    Column("published", Text),
    Column("last_day", Text, index=True),
    Column("venue", Text, nullable=False),
    Column("doi", Text),
    Column("arxiv", Text),
    Column("url", Text, nullable=False),
    Column("reference_names", Text, nullable=False),
    Column("citation_count", Integer),
    Column("sources", Text, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("term_counts", LargeBinary, nullable=False),
)
"""Lists are JSON. `last_day` is the last day that `published` can mean, by which a cutoff hides the paper."""

keys = Table(
    "paper_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("number", Integer, ForeignKey("papers.number", ondelete="CASCADE"), nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_paper_keys_number", keys.c.number)

records = Table(
    "paper_records",
    metadata,
    Column("source", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("number", Integer, ForeignKey("papers.number", ondelete="CASCADE"), primary_key=True),
    sqlite_with_rowid=False,
)
"""Which source told of the paper under which id: what was fetched once is not fetched again."""
Index("ix_paper_records_number", records.c.number)

vectors = Table(
    "paper_vectors",
    metadata,
    Column("embedder", Text, primary_key=True),
    Column("number", Integer, ForeignKey("papers.number", ondelete="CASCADE"), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)
"""float16 unit vectors of title and abstract."""
Index("ix_paper_vectors_number", vectors.c.number)

_PHRASES = (
    "CREATE VIRTUAL TABLE paper_words USING fts5(title, abstract, content='papers', content_rowid='number',"
    ' tokenize="unicode61 remove_diacritics 2")',
    "CREATE TRIGGER paper_words_added AFTER INSERT ON papers BEGIN"
    " INSERT INTO paper_words(rowid, title, abstract) VALUES (new.number, new.title, new.abstract); END",
    "CREATE TRIGGER paper_words_removed AFTER DELETE ON papers BEGIN"
    " INSERT INTO paper_words(paper_words, rowid, title, abstract)"
    " VALUES ('delete', old.number, old.title, old.abstract); END",
    "CREATE TRIGGER paper_words_changed AFTER UPDATE OF title, abstract ON papers BEGIN"
    " INSERT INTO paper_words(paper_words, rowid, title, abstract)"
    " VALUES ('delete', old.number, old.title, old.abstract);"
    " INSERT INTO paper_words(rowid, title, abstract) VALUES (new.number, new.title, new.abstract); END",
)


def prepare(database: Database) -> None:
    """Make the schema in an empty file, or see that the file's can be used.

    Raises:
        UserError: the file is no corpus, or a later version made it.
    """
    with database.session() as session:
        connection = session.connection()
        with explained(database.url):
            found = set(inspect(connection).get_table_names())
        if not found:
            metadata.create_all(connection)
            for statement in _PHRASES:
                connection.execute(text(statement))
            connection.execute(
                marks.insert(), [{"name": "schema", "value": SCHEMA}, {"name": "state", "value": 0}]
            )
            return
        if "corpus_marks" not in found:
            raise UserError(f"{database.path} is a database but no corpus; name another file")
        schema = connection.scalar(select(marks.c.value).where(marks.c.name == "schema"))
    if schema != SCHEMA:
        raise UserError(
            f"the corpus {database.path} has schema {schema}, this version knows {SCHEMA}: upgrade Atlas,"
            " or import the papers into a new file"
        )
