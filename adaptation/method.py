"""The seam of a tuning method: an object of one configuration, attached to one model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from adaptation.layers.linear import linear_sites, own_tensors, replace_module
from adaptation.training import causal_loss
from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.training import Callback, Loss

LLAMA_LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
Batch = Mapping[str, Tensor]
"""input_ids [b, t], labels [b, t] with -100 where nothing is learned, and what else the model takes."""


class Serving(StrEnum):
    """How a tuned model can be served elsewhere."""

    EXACT_LORA = "exact-lora"
    """As low-rank factors, without loss."""
    EXACT_DENSE = "exact-dense"
    """Merged into the weights without loss; as factors only approximately."""
    RUNTIME_ONLY = "runtime-only"
    """By this package alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What can be counted on. Each exception says why it is one."""

    serving: Serving
    not_identity: str = ""
    """Why the model is changed before the first step; empty: it is not."""
    not_causal: str = ""
    """Why a later token can change an earlier prediction; empty: it cannot."""
    per_task: bool = False
    """Batches carry `task_ids` [b], and there is one delta a task."""
    needs_calibration: bool = False
    """`plan` reads batches."""
    validates: bool = False
    """What `plan` reads is not trained on: the method measures itself on it."""
    grows: bool = False
    """Tensors change their shape while it trains."""
    in_place: bool = False
    """The base's own tensors are tuned, in more than linear layers; `originals` has what they were."""


class MethodConfig(BaseModel):
    """`targets` are last names of linear layers; `seed` draws whatever is drawn at attaching."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    targets: tuple[str, ...] = Field(default=LLAMA_LINEARS, min_length=1)
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was decided from data before anything is attached; kept with the adapter."""

    ranks: Mapping[str, int] = field(default_factory=dict)
    tensors: Mapping[str, Tensor] = field(default_factory=dict)


class Unit(StrEnum):
    """What the value of a knob counts."""

    SIZE = "size"
    """Ranks, widths: how many parameters that is must be tried."""
    PARAMETERS = "parameters"
    SHARE = "share"
    """Of all entries of the target matrices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """The options by which a method's size is chosen, all of them set to one value.

    While sizes are tried, `whole` options are set to it too: ranks that grow count as grown. `like` names a
    method of the same count that is attached instead, where planning is dear. `least`, `most` and `step`
    bound what is tried.
    """

    options: tuple[str, ...]
    unit: Unit = Unit.SIZE
    whole: tuple[str, ...] = ()
    like: str = ""
    least: int = 1
    most: int = 4096
    step: int = 1


C = TypeVar("C", bound=BaseModel)


class AdapterMethod(ABC, Generic[C]):
    """One tuning method. `attach` freezes the base; whatever is trained then lives in `layers`."""

    name: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    config_type: ClassVar[type[BaseModel]]
    knob: ClassVar[Knob | None] = None
    """None: the first of `rank`, `width`, `budget` and `length` that it has, else its size is fixed."""

    def __init__(self, config: C) -> None:
        self.config = config
        self.plan_used = Plan()
        self.layers: dict[str, nn.Module] = {}
        """The modules of ours by the names at which they stand in the model."""

    @classmethod
    def paced(cls, steps: int, size: int, layers: int) -> dict[str, Any]:
        """Options that fit what it does over time into so many steps; its knob is at `size`, on `layers`
        layers."""
        return {}

    def plan(self, model: nn.Module, calibration: Sequence[Batch]) -> Plan:
        """Decide from data; the model is left bit by bit as it was.

        Raises:
            UserError: the method needs batches and there are none, or they are of the wrong form.
        """
        return Plan()

    @abstractmethod
    def attach(self, model: nn.Module, plan: Plan) -> None:
        """Freeze the model and put the method's layers into it.

        Raises:
            UserError: nothing fits, or an adapter is attached already.
        """

    @abstractmethod
    def count(self) -> int:
        """Trainable parameters by the paper's formula, for what is attached now."""

    def param_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        """Groups for the optimiser."""
        return [{"params": self.parameters(), "lr": learning_rate}]

    def callbacks(self) -> Sequence[Callback]:
        """What acts between backward and step, or after it."""
        return ()

    def extra_loss(self) -> Tensor | None:
        """A term beside the model's loss, a scalar."""
        return None

    def backward(self, model: nn.Module, batch: Batch, loss: Loss = causal_loss) -> Tensor:
        """Gradients of one batch; gives the loss, detached, without the extra term."""
        found = loss(self, model, batch)
        extra = self.extra_loss()
        (found if extra is None else found + extra).backward()
        return found.detach()

    @contextmanager
    def off(self) -> Iterator[None]:
        """The base model alone, while it lasts."""
        for layer in self.layers.values():
            layer.active = False
        try:
            yield
        finally:
            for layer in self.layers.values():
                layer.active = True

    def parameters(self) -> list[nn.Parameter]:
        """What is trained, each once though layers may share it."""
        seen: dict[int, nn.Parameter] = {}
        for layer in self.layers.values():
            for parameter in layer.parameters():
                if parameter.requires_grad:
                    seen.setdefault(id(parameter), parameter)
        return list(seen.values())

    def originals(self) -> Mapping[str, Tensor]:
        """What the base had where its own tensors are tuned, by full name; else empty."""
        return {}

    def state(self) -> dict[str, Tensor]:
        """What an adapter on disk holds: enough to use it, by `layer|tensor`."""
        return self.working_state()

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `state` gave; shapes may differ where a method grows.

        Raises:
            UserError: the state is of another method, model or plan.
        """
        self.load_working(state)

    def working_state(self) -> dict[str, Tensor]:
        """Everything learned, by `layer|tensor`, so that training can go on; a shared tensor stands under its
        first layer."""
        return {f"{site}|{name}": tensor.detach().clone() for site, name, tensor in self._tensors()}

    @torch.no_grad()
    def load_working(self, state: Mapping[str, Tensor]) -> None:
        """As `load`, of what `working_state` gave."""
        places = {f"{site}|{name}": (self.layers[site], name) for site, name, _ in self._tensors()}
        odd = sorted(places.keys() ^ state.keys())
        if odd:
            raise UserError(f"the adapter does not fit this model: {len(odd)} tensors differ, as {odd[0]!r}")
        for key, value in state.items():
            self._put(*places[key], value, key)

    def _tensors(self) -> Iterator[tuple[str, str, Tensor]]:
        seen: set[int] = set()
        for site, layer in self.layers.items():
            for name, tensor in own_tensors(layer):
                if id(tensor) not in seen:
                    seen.add(id(tensor))
                    yield site, name, tensor

    def _put(self, layer: nn.Module, name: str, value: Tensor, key: str) -> None:
        holder = layer.get_submodule(name.rpartition(".")[0])
        last = name.rpartition(".")[2]
        old = getattr(holder, last)
        if old.shape == value.shape:
            old.copy_(value)
        elif not self.capabilities.grows:
            raise UserError(f"the adapter does not fit this model: {key} has shape {tuple(value.shape)}")
        elif isinstance(old, nn.Parameter):
            setattr(holder, last, nn.Parameter(value.to(old), requires_grad=old.requires_grad))
        else:
            setattr(holder, last, value.to(old))

    def delta(self) -> Iterator[tuple[str, Tensor]]:
        """(weight's name, what is added to it), for each changed weight.

        Raises:
            UserError: the method runs live only.
        """
        self._mergeable()
        for site, layer in self.layers.items():
            yield f"{site}.weight", layer.delta().detach()

    def merge(self) -> None:
        """Put the deltas into the base."""
        self._mergeable()
        for layer in self.layers.values():
            layer.merge()

    def unmerge(self) -> None:
        for layer in self.layers.values():
            layer.unmerge()

    def settle(self, model: nn.Module) -> None:
        """Merge, and take the layers out: the model is a plain one with what was learned in its weights."""
        self.merge()
        for name, layer in self.layers.items():
            base = getattr(layer, "base", None)
            if base is not None:  # what is tuned in place stands there already
                replace_module(model, name, base)
        self.layers = {}

    def detach(self, model: nn.Module) -> None:
        """Take the layers out again, and leave the base as it was but frozen.

        Raises:
            UserError: the adapter is merged, so that the base is not what it was.
        """
        if any(getattr(layer, "merged", False) for layer in self.layers.values()):
            raise UserError("the adapter is merged: unmerge it first")
        for name, layer in self.layers.items():
            replace_module(model, name, layer.base)
        self.layers = {}

    def _mergeable(self) -> None:
        if self.capabilities.serving is Serving.RUNTIME_ONLY:
            raise UserError(f"{self.name} cannot be merged: it can only be run live")


class LinearMethod(AdapterMethod[C]):
    """A method that puts one layer of its own around each linear layer that `targets` names."""

    config: Any

    def attach(self, model: nn.Module, plan: Plan) -> None:
        sites = linear_sites(model, self.config.targets)
        unknown = sorted(set(plan.ranks) - set(sites))
        if unknown:
            raise UserError(f"the plan is of another model: it has no {unknown[0]}")
        model.requires_grad_(False)
        self.plan_used = plan
        self.prepare(sites, plan)
        for name, base in sites.items():
            layer = self.layer(name, base, plan)
            if layer is not None:
                layer.train(model.training)
                self.layers[name] = layer
                replace_module(model, name, layer)

    def prepare(self, sites: Mapping[str, nn.Linear], plan: Plan) -> None:
        """Make what the layers share."""

    @abstractmethod
    def layer(self, name: str, base: nn.Linear, plan: Plan) -> nn.Module | None:
        """The layer for one site; None leaves the site alone."""

    def count(self) -> int:
        return sum(self.count_layer(layer) for layer in self.layers.values())

    @abstractmethod
    def count_layer(self, layer: Any) -> int:
        """The formula for one layer."""
