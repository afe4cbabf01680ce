"""Readers of paper files: each turns text into drafts, and what it cannot read into bad records by line."""

from ideation.corpus.formats.reading import Format, PaperFile, read_file, read_text

__all__ = ["Format", "PaperFile", "read_file", "read_text"]
