"""MoS: factors put together from shards of pools that layers share (row 3).

Paper: Wang et al. 2024, "MoS: Unleashing Parameter Efficiency of Low-Rank Adaptation with Mixture of
Shards", arXiv 2410.00938.
    per type of layer (its last name and shape), L layers, n = e L l shards:
    pools P_a [n, i/l] Kaiming, P_b [n, o/l] zero; layer k owns fixed places I_a, I_b [r, l]
    A_k = P_a[I_a] as [r, i], B_k = P_b[I_b] as [r, o] transposed; delta = s B_k A_k
The first `private` rows of a layer use shards that no other layer has; I_a and I_b are drawn apart (pair
dissociation). Trainable: sum over types of e L (o + i), whatever r. The routing is static: no gate.
Reconstructed: how places are drawn (without repetition within a layer while the pool lasts) and the pool's
defaults; the paper's module was not to be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.linear import LowRankLinear, kaiming, site_generator
from adaptation.method import Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving
from core.errors import UserError


class MosConfig(MethodConfig):
    """`budget` is e, the rank a LoRA of this size would have; `shards` is l, the pieces of a row."""

    budget: int = Field(default=2, ge=1)
    rank: int = Field(default=8, ge=1)
    shards: int = Field(default=4, ge=1)
    private: int = Field(default=1, ge=0)
    alpha: float = Field(default=16.0, gt=0)


class MosLinear(LowRankLinear):
    places_a: Tensor
    places_b: Tensor

    def __init__(
        self,
        base: nn.Linear,
        pools: tuple[nn.Parameter, nn.Parameter],
        places: tuple[Tensor, Tensor],
        scale: float,
    ) -> None:
        super().__init__(base)
        self.pool_a, self.pool_b = pools
        device = base.weight.device
        self.register_buffer("places_a", places[0].to(device), persistent=False)
        self.register_buffer("places_b", places[1].to(device), persistent=False)
        self.scale = scale

    def factors(self) -> tuple[Tensor, Tensor]:
        a = self.pool_a[self.places_a].flatten(1)
        return a, self.scale * self.pool_b[self.places_b].flatten(1).T


class Mos(LinearMethod[MosConfig]):
    name: ClassVar = "mos"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_LORA)
    config_type: ClassVar = MosConfig
    knob: ClassVar = Knob(options=("budget",))

    def __init__(self, config: MosConfig) -> None:
        super().__init__(config)
        self._types: dict[str, list[str]] = {}
        self._pools: dict[str, tuple[nn.Parameter, nn.Parameter]] = {}

    def prepare(self, sites: Mapping[str, nn.Linear], plan: Plan) -> None:
        config = self.config
        if config.private > min(config.budget, config.rank):
            raise UserError("mos: `private` rows cannot be more than `budget` or `rank`")
        grouped = defaultdict(list)
        for name, base in sites.items():
            grouped[_type(name, base)].append(name)
        self._types = dict(grouped)
        for kind, names in self._types.items():
            base = sites[names[0]]
            o, i, shards = base.out_features, base.in_features, config.shards
            if o % shards or i % shards:
                raise UserError(f"mos: {names[0]} [{o}, {i}] cannot be cut into {shards} shards a row")
            if config.budget == config.private and config.rank > config.private:
                raise UserError("mos: no public shards are left: lower `private` or raise `budget`")
            count = config.budget * len(names) * shards
            # Bound by i, not by the shard's width: a row then starts as that of a LoRA.
            rows = kaiming(config.budget * len(names), i, site_generator(config.seed, kind), base.weight)
            pool_b = base.weight.new_zeros(count, o // shards)
            self._pools[kind] = nn.Parameter(rows.reshape(count, i // shards)), nn.Parameter(pool_b)

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> MosLinear:
        kind = _type(name, base)
        draw = site_generator(self.config.seed, name)
        places = self._places(kind, name, draw), self._places(kind, name, draw)
        return MosLinear(base, self._pools[kind], places, self.config.alpha / self.config.rank)

    def _places(self, kind: str, name: str, draw: torch.Generator) -> Tensor:
        """[r, l]: private shards of this layer first, then public ones."""
        config, names = self.config, self._types[kind]
        own = config.private * config.shards
        private = names.index(name) * own + torch.randperm(own, generator=draw)
        first, count = own * len(names), config.budget * len(names) * config.shards
        wanted = (config.rank - config.private) * config.shards
        drawn = [torch.randperm(count - first, generator=draw)]
        while wanted > sum(each.numel() for each in drawn):
            drawn.append(torch.randperm(count - first, generator=draw))
        public = first + torch.cat(drawn)[:wanted]
        return torch.cat([private, public]).view(config.rank, config.shards)

    def count(self) -> int:
        found = 0
        for names in self._types.values():
            layer = self.layers[names[0]]
            found += self.config.budget * len(names) * (layer.out_features + layer.in_features)
        return found

    def count_layer(self, layer: MosLinear) -> int:
        raise NotImplementedError("pools are shared: only the whole has a count")


def _type(name: str, base: nn.Linear) -> str:
    return f"{name.rpartition('.')[2]} {base.out_features}x{base.in_features}"
