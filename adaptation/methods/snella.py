"""SNELLA: a sparse update of high rank from a kernel of two small tables (row 2).

Paper: "Kernelized Sparse Fine-Tuning with Bi-level Parameter Competition for Vision Models" (SNELLA).
    P [H, i, d], Q [H, o, d], H = 2, d = width / H;  K = sum_h c_h |P_h[a] - Q_h[b]|, c = (+.1, -.1)   [i, o]
    M = K + a softmax(K / g, over b) + beta, with a = g = 1 and beta = 0 at the start, all learned
    S = M |M| where |M| is among the nnz largest of its layer, |M| and the choice without gradient
    delta = S^T - S0^T
    budget of all layers: falls by (1 - t)^3 from all entries' `first_share` to `final_share`, shared by
    score = mean of P and of Q of: running mean of |w dL/dw| times running uncertainty
Trainable: width (o + i) + 3. S0 is S at the start. The released code lacks it and so changes the model before
the first step; starting both tables alike would give M = 0, whose gradient is 0. With S0 it is exact and
alive. S has nnz entries; delta at most as many and those of S0. Reconstructed: the tables' start, N(0, 1/d).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from adaptation.layers.linear import DeltaLinear, normal, site_generator
from adaptation.layers.ranks import Importance, cubic, proportional
from adaptation.method import Capabilities, Knob, LinearMethod, MethodConfig, Plan, Serving
from adaptation.training import Callback, Run

HEADS = (0.1, -0.1)


class SnellaConfig(MethodConfig):
    """Shares are of all target entries; the budget falls between the steps `first_step` and `last_step`."""

    width: int = Field(default=8, ge=2, multiple_of=2)
    first_share: float = Field(default=1.0, gt=0, le=1)
    final_share: float = Field(default=0.1, gt=0, le=1)
    first_step: int = Field(default=10, ge=0)
    last_step: int = Field(default=50, ge=1)


class SnellaLinear(DeltaLinear):
    nnz: Tensor
    start: Tensor

    def __init__(self, base: nn.Linear, config: SnellaConfig, draw: torch.Generator) -> None:
        super().__init__(base)
        like, depth = base.weight, config.width // len(HEADS)
        spread = depth**-0.5
        self.p = nn.Parameter(normal((len(HEADS), self.in_features, depth), spread, draw, like))
        self.q = nn.Parameter(normal((len(HEADS), self.out_features, depth), spread, draw, like))
        self.mix = nn.Parameter(like.new_ones(1))
        self.heat = nn.Parameter(like.new_ones(1))
        self.shift = nn.Parameter(like.new_zeros(1))
        kept = max(1, round(config.first_share * like.numel()))
        self.register_buffer("nnz", torch.tensor([kept], device=like.device))
        with torch.no_grad():
            self.register_buffer("start", self.sparse(), persistent=False)

    def kernel(self) -> Tensor:
        """M [i, o]."""
        distances = torch.cdist(self.p, self.q)
        k = HEADS[0] * distances[0] + HEADS[1] * distances[1]
        return k + self.mix * (k / self.heat).softmax(dim=-1) + self.shift

    def sparse(self) -> Tensor:
        """S [i, o]: exactly nnz entries are kept, of equal ones the first."""
        m = self.kernel()
        size = m.detach().abs()
        kept = size.flatten().topk(int(self.nnz)).indices
        mask = torch.zeros_like(size).flatten().index_fill(0, kept, 1.0).view_as(size)
        return m * size * mask

    def delta(self) -> Tensor:
        return (self.sparse() - self.start).T


class Snella(LinearMethod[SnellaConfig]):
    name: ClassVar = "snella"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE)
    config_type: ClassVar = SnellaConfig
    knob: ClassVar = Knob(options=("width",), least=2, step=2)

    @classmethod
    def paced(cls, steps: int, size: int, layers: int) -> dict[str, Any]:
        return {"first_step": steps // 6, "last_step": max(1, steps * 5 // 6)}

    def layer(self, name: str, base: nn.Linear, plan: Plan) -> SnellaLinear:
        return SnellaLinear(base, self.config, site_generator(self.config.seed, name))

    def callbacks(self) -> Sequence[Callback]:
        return (Compete(self),)

    def count_layer(self, layer: SnellaLinear) -> int:
        return self.config.width * (layer.out_features + layer.in_features) + 3


class Compete(Callback):
    """Layers compete for the entries that are left."""

    def __init__(self, method: Snella) -> None:
        self._layers = method.layers
        self._config = method.config
        self._importance = Importance()

    @torch.no_grad()
    def before_step(self, run: Run) -> None:
        self._importance.add(
            {
                f"{name}|{part}": (getattr(layer, part) * getattr(layer, part).grad).abs()
                for name, layer in self._layers.items()
                for part in ("p", "q")
            }
        )

    def state(self) -> dict[str, Any]:
        return self._importance.state()

    def load(self, state: Mapping[str, Any]) -> None:
        self._importance.load(state)

    @torch.no_grad()
    def after_step(self, run: Run) -> None:
        config = self._config
        if not config.first_step <= run.step + 1 <= config.last_step:
            return
        scores: dict[str, float] = dict.fromkeys(self._layers, 0.0)
        for key, value in self._importance.scores().items():
            scores[key.partition("|")[0]] += float(value.mean())
        sizes = {name: layer.weight.numel() for name, layer in self._layers.items()}
        entries = sum(sizes.values())
        budget = cubic(
            run.step + 1,
            start=round(config.first_share * entries),
            end=round(config.final_share * entries),
            first=config.first_step,
            last=config.last_step,
        )
        for name, kept in proportional(scores, budget, caps=sizes).items():
            self._layers[name].nnz.fill_(kept)
