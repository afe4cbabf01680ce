"""An adapter on disk: `adapter.json` says what it is, `adapter.safetensors` holds what was learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from adaptation.method import AdapterMethod, Plan
from adaptation.registry import load_method
from core.errors import UserError

CARD, WEIGHTS = "adapter.json", "adapter.safetensors"


class Card(BaseModel):
    """`config` is checked by the method itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = 1
    method: str
    config: dict[str, Any]
    ranks: dict[str, int]


def make(name: str, config: dict[str, Any]) -> AdapterMethod[Any]:
    """A method of the registry with a configuration that is checked.

    Raises:
        UserError: unknown method, or an option it does not have.
    """
    kind = load_method(name)
    try:
        return kind(kind.config_type.model_validate(config))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the configuration"
        raise UserError(f"adapter method {name}: {where}: {first['msg']}") from None


def save(method: AdapterMethod[Any], folder: Path) -> None:
    """Write what is attached and its plan; the folder is made.

    Raises:
        UserError: it cannot be written.
    """
    plan = method.plan_used
    card = Card(
        method=method.name,
        config=method.config.model_dump(mode="json"),
        ranks=dict(plan.ranks),
    )
    tensors = {f"plan|{name}": _narrow(tensor) for name, tensor in plan.tensors.items()}
    tensors |= {f"state|{name}": _narrow(tensor) for name, tensor in method.state().items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, folder / WEIGHTS)
        (folder / CARD).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write {folder}: {error.strerror}") from error


def _narrow(tensor: Tensor) -> Tensor:
    """Places of sparse entries take eight bytes in memory, and on disk four where they fit."""
    bound = torch.iinfo(torch.int32).max
    fits = tensor.dtype == torch.int64 and not bool((tensor.abs() > bound).any())
    return (tensor.int() if fits else tensor).contiguous()


def load(model: nn.Module, folder: Path) -> AdapterMethod[Any]:
    """Attach the adapter of a folder to its base model.

    Raises:
        UserError: it cannot be read, or does not fit the model.
    """
    try:
        card = Card.model_validate(json.loads((folder / CARD).read_text(encoding="utf-8")))
        tensors = load_file(folder / WEIGHTS)
    except OSError as error:
        raise UserError(f"{folder} is no adapter: cannot read {error.filename}") from None
    except (ValueError, SafetensorError) as error:
        raise UserError(f"{folder} is no adapter: {str(error).splitlines()[0]}") from None
    method = make(card.method, card.config)
    parts: dict[str, dict[str, Any]] = {"plan": {}, "state": {}}
    for key, tensor in tensors.items():
        part, _, name = key.partition("|")
        parts[part][name] = tensor.long() if tensor.dtype == torch.int32 else tensor
    method.attach(model, Plan(ranks=card.ranks, tensors=parts["plan"]))
    method.load(parts["state"])
    return method
