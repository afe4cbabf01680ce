"""Chooses the embedder: packaged, lexical, or a model behind an endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from core.embedder import Embedder
from core.errors import StorageError, UserError
from memory.embedding.endpoint import EmbeddingEndpoint, EndpointEmbedder
from memory.embedding.lexical import LexicalEmbedder
from memory.embedding.packaged_minilm import PackagedMiniLm


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenEmbedder:
    """The embedder to use; `degraded` says in one line why it is not the one asked for."""

    embedder: Embedder
    degraded: str | None = None


def build_embedder(
    choice: str, *, endpoint: EmbeddingEndpoint | None = None, fall_back: bool = False
) -> ChosenEmbedder:
    """Build by name: `packaged`, `lexical`, or `PROVIDER/MODEL` with the endpoint that answers for it.

    With `fall_back`, a packaged model that is not installed is replaced by the lexical embedder,
    and the reply says so.

    Raises:
        UserError: an unknown choice, or a model without its endpoint.
        StorageError: the packaged model is not installed, and no fall-back was asked for.
    """
    if choice == "lexical":
        return ChosenEmbedder(embedder=LexicalEmbedder())
    if choice == "packaged":
        return _packaged(fall_back)
    if "/" not in choice:
        raise UserError(f"no embedder {choice!r}; choose packaged, lexical or PROVIDER/MODEL")
    if endpoint is None:
        raise UserError(f"the embedder {choice} needs the base URL of its provider")
    return ChosenEmbedder(embedder=EndpointEmbedder(endpoint))


def _packaged(fall_back: bool) -> ChosenEmbedder:
    packaged = PackagedMiniLm()
    try:
        packaged.check_installed()
    except StorageError as error:
        if not fall_back:
            raise
        return ChosenEmbedder(embedder=LexicalEmbedder(), degraded=f"{error}; words are compared instead")
    return ChosenEmbedder(embedder=packaged)
