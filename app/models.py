"""Which embedder the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import UserError

if TYPE_CHECKING:
    from core.settings import Settings
    from memory.embedding.choice import ChosenEmbedder


def choose_embedder(settings: Settings) -> ChosenEmbedder:
    """The embedder by name; a packaged model that is missing is replaced by the lexical one, and it is said.

    Raises:
        UserError: the endpoint of an embedding model is not set up.
    """
    from memory.embedding.choice import build_embedder

    if "/" not in settings.embedder:
        return build_embedder(settings.embedder, fall_back=True)
    from core.models.providers import endpoint_of
    from core.spec import parse_spec
    from memory.embedding.endpoint import EmbeddingEndpoint

    spec = parse_spec(settings.embedder)
    if spec.provider is None:
        raise UserError("ATLAS_EMBEDDER is packaged, lexical or provider/model")
    endpoint = endpoint_of(spec.provider, settings)
    return build_embedder(
        settings.embedder,
        endpoint=EmbeddingEndpoint(base_url=endpoint.base_url, model=spec.target, api_key=endpoint.api_key),
    )
