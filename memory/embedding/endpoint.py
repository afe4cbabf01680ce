"""An embedder behind any OpenAI-compatible `/embeddings` endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from core.errors import ProviderError, UserError

if TYPE_CHECKING:
    import httpx

BATCH = 64
TRIES = 3
RETRIED = (408, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingEndpoint:
    """Where an embedding model answers. `base_url` ends before `/embeddings`, as a chat endpoint's does."""

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    timeout_seconds: float = 30.0


class _Row(BaseModel):
    index: int
    embedding: list[float]


class _Reply(BaseModel):
    data: list[_Row]


class EndpointEmbedder:
    """Asks the endpoint in batches, retries what may pass, and scales the vectors to unit length.

    `dimensions` asks once for the length of a vector.
    """

    def __init__(self, endpoint: EmbeddingEndpoint, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._endpoint, self._sleep = endpoint, sleep
        self._dimensions: int | None = None
        self._client: httpx.Client | None = None

    @property
    def id(self) -> str:
        return f"endpoint:{self._endpoint.model}"

    @property
    def dimensions(self) -> int:
        if self._dimensions is None:
            self._dimensions = self.embed(["length"]).shape[1]
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        batches = [self._embed_batch(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        rows = np.concatenate(batches)
        if self._dimensions not in (None, rows.shape[1]):
            raise ProviderError(f"{self._where} changed the length of its vectors")
        self._dimensions = rows.shape[1]
        return rows

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    @property
    def _where(self) -> str:
        return f"the embedding endpoint {self._endpoint.base_url} ({self._endpoint.model})"

    def _embed_batch(self, texts: Sequence[str]) -> NDArray[np.float32]:
        body = self._post({"model": self._endpoint.model, "input": [text or " " for text in texts]})
        try:
            reply = _Reply.model_validate_json(body)
            ordered = sorted(reply.data, key=lambda row: row.index)
            rows = np.array([row.embedding for row in ordered], dtype=np.float32)
        except (ValidationError, ValueError):
            raise ProviderError(f"{self._where} answered what is no list of embeddings") from None
        if rows.ndim != 2 or [row.index for row in ordered] != list(range(len(texts))):
            raise ProviderError(f"{self._where} gave {len(rows)} vectors for {len(texts)} texts")
        if not np.isfinite(rows).all():
            raise ProviderError(f"{self._where} gave vectors that are not finite")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: NDArray[np.float32] = rows / np.maximum(lengths, 1e-12)
        return unit

    def _post(self, payload: dict[str, object]) -> bytes:
        import httpx

        problem = ""
        for attempt in range(TRIES):
            if attempt:
                self._sleep(0.5 * 2 ** (attempt - 1))
            try:
                response = self._http().post("/embeddings", json=payload)
            except httpx.HTTPError as error:
                problem = str(error) or type(error).__name__
                continue
            if response.status_code == 401:
                raise UserError(f"{self._where} refused the key; set the provider's API key")
            if response.status_code == 200:
                return response.content
            problem = f"status {response.status_code}"
            if response.status_code not in RETRIED:
                break
        raise ProviderError(f"{self._where} failed: {problem}")

    def _http(self) -> httpx.Client:
        if self._client is None:
            import httpx

            key = self._endpoint.api_key
            self._client = httpx.Client(
                base_url=self._endpoint.base_url,
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=self._endpoint.timeout_seconds,
            )
        return self._client
