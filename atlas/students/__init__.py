"""Students: over a chat model, and over a caller's own code or endpoint."""
