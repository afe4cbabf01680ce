"""One file a revision; DDL is written out and imports nothing of the product."""
