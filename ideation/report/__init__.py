"""What a run says: `record.py` holds it as values; the other files write it as HTML, Markdown and LaTeX."""
