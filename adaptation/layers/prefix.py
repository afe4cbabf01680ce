"""Keys and values that stand before those of a sentence in an attention: Attn(Q, [P_k; K], [P_v; V]).

They are put in between the attention's cache and its product, so that the cache itself holds the sentence
alone: positions, lengths and generation stay what they are without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from adaptation.layers.blocks import BlockAdapter
from core.errors import UserError

KeysValues = tuple[Tensor, Tensor]
"""Both [b or 1, heads of keys, l, width of a head], as they are after the rotation of positions."""


class PrefixedCache:
    """What one attention gets for its cache, or for none, during one call."""

    def __init__(self, inner: Any, prefix: KeysValues) -> None:
        self._inner, self._prefix = inner, prefix

    def update(self, keys: Tensor, values: Tensor, *rest: Any, **named: Any) -> KeysValues:
        if self._inner is not None:
            keys, values = self._inner.update(keys, values, *rest, **named)
        before = [each.to(keys.dtype).expand(keys.shape[0], -1, -1, -1) for each in self._prefix]
        return torch.cat([before[0], keys], dim=2), torch.cat([before[1], values], dim=2)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Recorder:
    """Stands in for a cache, to keep what one attention would put into it."""

    def __init__(self) -> None:
        self.found: list[KeysValues] = []

    def update(self, keys: Tensor, values: Tensor, *rest: Any, **named: Any) -> KeysValues:
        self.found.append((keys, values))
        return keys, values


class AttentionWithPrefix(BlockAdapter):
    """Stands in for an attention that transformers calls with `hidden_states` and `past_key_values`."""

    recorder: Recorder | None = None
    """While it is there, the attention works without a prefix and its keys and values are kept."""

    def prefix(self, hidden: Tensor) -> KeysValues | None:
        """The prefix for these rows [b, t, d]; None: there is none."""
        raise NotImplementedError

    def forward(self, *given: Any, **named: Any) -> Any:
        if self.recorder is not None:
            return self.base(*given, **{**named, "past_key_values": self.recorder})
        hidden = given[0] if given else named["hidden_states"]
        prefix = self.prefix(hidden) if self.active else None
        if prefix is None:
            return self.base(*given, **named)
        cache = named.get("past_key_values")
        named["attention_mask"] = _widened(named.get("attention_mask"), hidden, cache, self.base, prefix[0])
        named["past_key_values"] = PrefixedCache(cache, prefix)
        return self.base(*given, **named)


def _widened(mask: Any, hidden: Tensor, cache: Any, attention: nn.Module, keys: Tensor) -> Tensor | None:
    """The mask [b, 1, t, l + k] that lets every token see the prefix, and else what it saw before."""
    queries = hidden.shape[1]
    if mask is None:
        if queries == 1:
            return None  # one token sees all there is
        mask = _causal(queries, cache, attention, hidden.device)
    if not torch.is_tensor(mask) or mask.dim() != 4:
        raise UserError("a prefix needs attention by `sdpa` or `eager`: load the model with one of them")
    shape = (*mask.shape[:3], keys.shape[2])
    seen = mask.new_ones(shape) if mask.dtype == torch.bool else mask.new_zeros(shape)
    return torch.cat([seen, mask], dim=-1)


def _causal(queries: int, cache: Any, attention: nn.Module, device: torch.device) -> Tensor:
    """[1, 1, t, k]: what transformers leaves to the product itself where nothing is padded."""
    past, total = 0, queries
    if cache is not None:
        past = int(cache.get_seq_length(attention.layer_idx))
        total = int(cache.get_mask_sizes(queries, attention.layer_idx)[0])
    last = past + torch.arange(queries, device=device)[:, None]
    return (torch.arange(total, device=device)[None, :] <= last)[None, None]


def states_of(model: nn.Module, layers: Sequence[AttentionWithPrefix], vectors: Tensor) -> list[KeysValues]:
    """Each attention's keys and values when the model reads vectors [n, l, d] that end before position 0.

    As a prefix they make the model say what it would say with these vectors before the sentence, wherever
    it counts positions by rotation: there only distances matter, and a position may be below 0.
    """
    recorders = [Recorder() for _ in layers]
    positions = torch.arange(-vectors.shape[1], 0, device=vectors.device)[None]
    inner: Any = model.base_model
    try:
        for layer, recorder in zip(layers, recorders, strict=True):
            layer.recorder = recorder
        inner(inputs_embeds=vectors, position_ids=positions, use_cache=False)
    finally:
        for layer in layers:
            layer.recorder = None
    return [recorder.found[0] for recorder in recorders]


@torch.no_grad()
def drawn_embeddings(model: nn.Module, shape: tuple[int, int], draw: torch.Generator) -> Tensor:
    """What the model reads where tokens drawn from its vocabulary stand, [*shape, d]."""
    embed: Any = model.get_input_embeddings()
    ids = torch.randint(embed.weight.shape[0], shape, generator=draw)
    return embed(ids.to(embed.weight.device))


def head_shape(model: nn.Module) -> tuple[int, int]:
    """(heads of keys, width of a head) of a model of transformers."""
    config: Any = model.config
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(getattr(config, "num_key_value_heads", None) or config.num_attention_heads), int(width)
