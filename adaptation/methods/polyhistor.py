"""Polyhistor: one hyper-network writes the adapters of every task and layer (row 14). Reconstructed.

Paper: Liu et al. 2022, "Polyhistor: Parameter-Efficient Multi-Task Adaptation for Dense Vision Tasks",
arXiv 2210.03265; its code was not to be read: exact shapes, starts and the choice of where are ours.
    template of task t, half h (down or up): T_th = U_th V_th / rho, U_th = H_uh z_t, V_th = H_vh z_t
    adapter of task t in layer l: W_tlh = K_lh (x) T_th  (Kronecker);  h' = FFN(n) + s W_up GELU(W_down n)
down: K [p, p], U [m/p, rho], V [rho, d/p], so that W [m, d]; up: U [d/p, rho], V [rho, m/p], W [d, m].
z [T, c], each H [size of what it writes, c] shared by all layers. Trainable: T c + 2 c rho (m + d) / p +
2 L p^2. K of the upper half starts at 0. W is never formed: x goes through V, U and K in turn. The scale s is
ours: so few numbers, of which each is in all of W, else want a learning rate ten times that of a LoRA.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from adaptation.layers.blocks import BlockAdapter, BlockMethod
from adaptation.layers.linear import normal, site_generator
from adaptation.layers.tasks import TaskChoice, Tasked
from adaptation.method import Capabilities, MethodConfig, Serving
from core.errors import UserError


class PolyhistorConfig(MethodConfig):
    """`width` is m, `pieces` p, `rank` rho, `code` c, `scale` s. `targets` is not used: it is `block`."""

    tasks: int = Field(default=4, ge=1)
    block: str = "mlp"
    width: int = Field(default=32, ge=1)
    pieces: int = Field(default=8, ge=1)
    rank: int = Field(default=4, ge=1)
    code: int = Field(default=16, ge=1)
    scale: float = Field(default=8.0, gt=0)


class HyperNetwork(nn.Module):
    """Writes (U_t, V_t) of both halves from the code of a task."""

    def __init__(self, width: int, config: PolyhistorConfig, draw: torch.Generator, like: Tensor) -> None:
        super().__init__()
        c, self.rank = config.code, config.rank
        narrow, wide = config.width // config.pieces, width // config.pieces
        self.codes = nn.Parameter(normal((config.tasks, c), 1.0, draw, like))
        # Entries of U and V have about deviation 1 and w^-1/2, w the pieces' width that V reads.
        self.down_u = nn.Parameter(normal((narrow * config.rank, c), c**-0.5, draw, like))
        self.down_v = nn.Parameter(normal((config.rank * wide, c), (c * wide) ** -0.5, draw, like))
        self.up_u = nn.Parameter(normal((wide * config.rank, c), c**-0.5, draw, like))
        self.up_v = nn.Parameter(normal((config.rank * narrow, c), (c * narrow) ** -0.5, draw, like))

    def forward(self, tasks: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Down and up, each (U [b, rows, rho], V [b, rho, columns]), for tasks [b]."""
        codes, rank = self.codes[tasks], self.rank
        u_down, u_up = (
            functional.linear(codes, each).unflatten(1, (-1, rank)) for each in (self.down_u, self.up_u)
        )
        v_down, v_up = (
            functional.linear(codes, each).unflatten(1, (rank, -1)) / rank
            for each in (self.down_v, self.up_v)
        )
        return (u_down, v_down), (u_up, v_up)


def kronecker(x: Tensor, kernel: Tensor, template: tuple[Tensor, Tensor]) -> Tensor:
    """(K (x) U V) x for each row's template; x [b, t, p columns], gives [b, t, p rows]."""
    u, v = template
    pieces = x.unflatten(-1, (kernel.shape[1], -1))
    small = torch.einsum("brj,btpj->btpr", v, pieces)
    return torch.einsum("qp,bnr,btpr->btqn", kernel, u, small).flatten(-2)


class PolyhistorAdapter(BlockAdapter):
    def __init__(
        self,
        base: nn.Module,
        choice: TaskChoice,
        network: HyperNetwork,
        config: PolyhistorConfig,
        draw: torch.Generator,
    ) -> None:
        super().__init__(base)
        like, pieces = next(base.parameters()), config.pieces
        self.choice, self.network, self.scale = choice, network, config.scale
        self.down_kernel = nn.Parameter(normal((pieces, pieces), pieces**-0.5, draw, like))
        self.up_kernel = nn.Parameter(like.new_zeros(pieces, pieces))

    def branch(self, hidden: Tensor, out: Tensor) -> Tensor:
        down, up = self.network(self.choice.rows(hidden))
        narrow = functional.gelu(kronecker(hidden, self.down_kernel, down))
        return self.scale * kronecker(narrow, self.up_kernel, up)


class Polyhistor(Tasked[PolyhistorConfig], BlockMethod[PolyhistorConfig]):
    name: ClassVar = "polyhistor"
    capabilities: ClassVar = Capabilities(serving=Serving.RUNTIME_ONLY, per_task=True)
    config_type: ClassVar = PolyhistorConfig

    def prepare(self, model: nn.Module, sites: Mapping[str, nn.Module]) -> None:
        width, config = int(model.config.hidden_size), self.config
        if width % config.pieces or config.width % config.pieces:
            raise UserError(f"polyhistor: {config.pieces} `pieces` do not divide {width} and {config.width}")
        like = next(next(iter(sites.values())).parameters())
        self._network = HyperNetwork(width, config, site_generator(config.seed, "hyper-network"), like)

    def layer(self, name: str, base: nn.Module, width: int) -> PolyhistorAdapter:
        draw = site_generator(self.config.seed, name)
        return PolyhistorAdapter(base, self.choice, self._network, self.config, draw)

    def count(self) -> int:
        c, p = self.config.code, self.config.pieces
        d = self._network.down_v.shape[0] // self.config.rank * p
        shared = 2 * c * self.config.rank * (self.config.width + d) // p
        return int(self.config.tasks * c + shared + 2 * len(self.layers) * p * p)
