"""Pamphlets as documents: Markdown for people, JSON Lines for machines, and the way back into memory."""
