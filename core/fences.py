"""Tags between which text that nobody vouches for stands in a prompt."""

from __future__ import annotations

import hashlib


def fence_for(*texts: str) -> str:
    """A tag name that untrusted text cannot close, as it depends on the whole of the text itself."""
    digest = hashlib.sha256("\x00".join(texts).encode()).hexdigest()
    return f"data-{digest[:12]}"
