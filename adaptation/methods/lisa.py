"""LISA: a few blocks drawn at a time are tuned in full, embeddings and head always (row 18).

Paper: Pan et al. 2024, "LISA: Layerwise Importance Sampling for Memory-Efficient Large Language Model
Fine-Tuning".
    every K steps: all blocks are frozen, gamma of the L drawn at random are not;  AdamW
Trainable at a time: gamma P_block + P_embeddings (+ P_head, where it is a tensor of its own). A block is
tuned in T gamma / L of T steps in the mean. When a block is switched off its gradients and its optimiser's
state are dropped; the released code only toggles `requires_grad`, so the states of all blocks pile up.
Memory: weights + (gamma P_block + P_embeddings) (gradient + 2 states), and here a copy of every tensor that
was ever tuned, so that the base can be put back. The blocks of a round follow from seed and round alone.
The artefact has the tuned tensors whole; merging is exact, and no LoRA holds it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import nn

from adaptation.layers.linear import site_generator
from adaptation.layers.whole import WholeMethod
from adaptation.method import Capabilities, MethodConfig, Serving
from adaptation.training import Callback, Run
from adaptation.width_rule import ends_of
from core.errors import UserError


class LisaConfig(MethodConfig):
    """`active` is gamma, `every` is K, `blocks` the last name of the list of blocks.

    `targets` has no meaning here: blocks are tuned whole.
    """

    active: int = Field(default=2, ge=1)
    every: int = Field(default=20, ge=1)
    blocks: str = "layers"


class Lisa(WholeMethod[LisaConfig]):
    name: ClassVar = "lisa"
    capabilities: ClassVar = Capabilities(serving=Serving.EXACT_DENSE, in_place=True)
    config_type: ClassVar = LisaConfig

    def __init__(self, config: LisaConfig) -> None:
        super().__init__(config)
        self._blocks: list[list[str]] = []
        self._always: list[str] = []

    def tensors(self, model: nn.Module) -> Mapping[str, nn.Parameter]:
        stacks = [
            (name, module)
            for name, module in model.named_modules()
            if isinstance(module, nn.ModuleList) and name.rpartition(".")[2] == self.config.blocks
        ]
        if not stacks:
            raise UserError(f"the model has no list of blocks named {self.config.blocks}: set `blocks`")
        prefix, stack = stacks[0]
        if self.config.active > len(stack):
            raise UserError(f"lisa: the model has {len(stack)} blocks: lower `active`")
        ends = {id(each) for each in ends_of(model)}
        found = dict(model.named_parameters())
        self._always = [name for name, each in found.items() if id(each) in ends]
        self._blocks = [[n for n in found if n.startswith(f"{prefix}.{k}.")] for k in range(len(stack))]
        wanted = {*self._always, *(name for block in self._blocks for name in block)}
        return {name: each for name, each in found.items() if name in wanted}

    def first(self) -> Collection[str]:
        return self._names(0)

    def drawn(self, turn: int) -> tuple[int, ...]:
        """The numbers of the gamma blocks of a round, counted from 0."""
        draw = site_generator(self.config.seed, f"lisa|{turn}")
        return tuple(sorted(torch.randperm(len(self._blocks), generator=draw)[: self.config.active].tolist()))

    def switch(self, turn: int, optimizer: torch.optim.Optimizer | None = None) -> None:
        """Train the blocks of a round and what is always trained."""
        self.turn_on(self._names(turn), optimizer)

    def _names(self, turn: int) -> Collection[str]:
        return {*self._always, *(name for k in self.drawn(turn) for name in self._blocks[k])}

    def param_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        """All blocks: the optimiser passes over those that have no gradient."""
        return [{"params": [layer.value for layer in self.layers.values()], "lr": learning_rate}]

    def callbacks(self) -> Sequence[Callback]:
        return (Switch(self),)


class Switch(Callback):
    """Begins each go at round 0, or where `load` says."""

    def __init__(self, method: Lisa) -> None:
        self._method = method
        self._turn = 0

    def on_start(self, run: Run) -> None:
        self._method.switch(0, run.optimizer)

    def after_step(self, run: Run) -> None:
        if (run.step + 1) % self._method.config.every == 0:
            self._turn += 1
            self._method.switch(self._turn, run.optimizer)

    def state(self) -> dict[str, Any]:
        return {"turn": self._turn}

    def load(self, state: Mapping[str, Any]) -> None:
        self._turn = state["turn"]
        self._method.switch(self._turn)
