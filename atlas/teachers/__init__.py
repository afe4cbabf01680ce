"""Teachers over a chat model."""
