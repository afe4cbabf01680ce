"""The table of tuning methods. Listing it needs no torch; loading a method does, and says so in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import TYPE_CHECKING

from core.errors import UserError
from core.registry import Registry

if TYPE_CHECKING:
    from pydantic import BaseModel

    from adaptation.method import AdapterMethod

    AnyMethod = AdapterMethod[BaseModel]

GROUP = "atlas.adapters"
NEEDED = ("torch", "transformers", "peft", "safetensors")


class Kind(StrEnum):
    """What a method does to the model."""

    LOW_RANK = "low-rank"
    SPARSE = "sparse"
    SPECTRAL = "spectral"
    MULTIPLICATIVE = "multiplicative"
    BLOCK = "block"
    EXPERTS = "experts"
    SIDE = "side"
    PROMPT = "prompt"
    PLUGIN = "plugin"
    """Of another package: it says itself what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A method as it is listed. `row` is its number in the list of seed papers, 0 for a plugin's."""

    name: str
    target: str
    kind: Kind
    paper: str
    row: int


def _entries() -> Mapping[str, Entry]:
    rows = (
        ("lora", "lora:Lora", Kind.LOW_RANK, 5, "LoRA, arXiv 2106.09685; recipe of the Vietnamese chatbot"),
        ("hydra", "hydra:Hydra", Kind.LOW_RANK, 13, "Hydra, arXiv 2309.06922"),
        ("flora", "flora:Flora", Kind.LOW_RANK, 22, "FLoRA, arXiv 2405.14739"),
        ("nola", "nola:Nola", Kind.LOW_RANK, 11, "NOLA, arXiv 2310.02556"),
        ("mos", "mos:Mos", Kind.LOW_RANK, 3, "Mixture of Shards, arXiv 2410.00938"),
        ("allora", "allora:Allora", Kind.LOW_RANK, 28, "ALLoRA, arXiv 2410.09692"),
        ("increlora", "increlora:IncreLora", Kind.LOW_RANK, 27, "IncreLoRA, arXiv 2308.12043"),
        ("triadapt", "triadapt:TriAdaptLora", Kind.LOW_RANK, 38, "TriAdaptLoRA, arXiv 2501.08008"),
        ("mtlora", "mtlora:Mtlora", Kind.LOW_RANK, 20, "MTLoRA, arXiv 2403.20320"),
        ("poly", "poly:Poly", Kind.LOW_RANK, 26, "Poly and MHR, arXiv 2211.03831"),
        ("hut", "hut:Hut", Kind.MULTIPLICATIVE, 41, "HUT, arXiv 2409.13501"),
        ("corda", "corda:Corda", Kind.LOW_RANK, 16, "CorDA, arXiv 2406.05223"),
        ("colora", "colora:Colora", Kind.LOW_RANK, 4, "CoLoRA: ranks by contribution"),
        ("spt", "spt:Spt", Kind.SPARSE, 29, "Sensitivity-aware tuning, arXiv 2303.08566"),
        ("lt-sft", "lt_sft:LtSft", Kind.SPARSE, 31, "Composable sparse fine-tuning, arXiv 2110.07560"),
        ("sara", "sara:Sara", Kind.SPARSE, 15, "SaRA, arXiv 2409.06633"),
        ("id3", "id3:Id3", Kind.SPARSE, 36, "ID3: step by step unmasking"),
        ("snella", "snella:Snella", Kind.SPARSE, 2, "SNELLA: kernelised sparse tuning"),
        ("r-amt", "r_amt:Ramt", Kind.SPARSE, 30, "Regularised mask tuning, arXiv 2307.15049"),
        ("clip-svd", "clip_svd:ClipSvd", Kind.SPECTRAL, 35, "CLIP-SVD: singular values alone"),
        ("tlora", "tlora:Tlora", Kind.SPECTRAL, 33, "TLoRA, arXiv 2501.08727"),
        ("bottleneck", "bottleneck:Bottleneck", Kind.BLOCK, 9, "PETL-AST adapters, arXiv 2312.03694"),
        ("mam", "mam:Mam", Kind.BLOCK, 19, "MAM adapter, arXiv 2110.04366"),
        ("mosa", "mosa:Mosa", Kind.BLOCK, 39, "MoSA: split and merged, arXiv 2312.02923"),
        ("mola", "mola:Mola", Kind.EXPERTS, 24, "MoLA: experts by layer, arXiv 2402.08562"),
        ("widenet", "widenet:WideNet", Kind.EXPERTS, 23, "WideNet, arXiv 2107.11817"),
        ("polyhistor", "polyhistor:Polyhistor", Kind.BLOCK, 14, "Polyhistor, arXiv 2210.03265"),
        ("sherl", "sherl:Sherl", Kind.SIDE, 40, "SHERL: a side network, arXiv 2407.07523"),
        ("domain-prompts", "domain_prompts:DomainPrompts", Kind.PROMPT, 8, "Domain prompt, arXiv 2212.04145"),
        ("one-bit", "one_bit:OneBit", Kind.LOW_RANK, 32, "1-bit adapters, arXiv 2307.16867"),
    )
    return {
        name: Entry(name=name, target=f"adaptation.methods.{target}", kind=kind, row=row, paper=paper)
        for name, target, kind, row, paper in rows
    }


BUILT_IN = _entries()


def _registry(plugins: Iterable[EntryPoint] | None) -> Registry[type[AnyMethod]]:
    table = {name: entry.target for name, entry in BUILT_IN.items()}
    return Registry("adapter method", table, group=GROUP, plugins=plugins)


def entries(plugins: Iterable[EntryPoint] | None = None) -> tuple[Entry, ...]:
    """Every method by name, those of other packages too. Nothing is imported."""
    return tuple(
        BUILT_IN.get(name) or Entry(name=name, target="", kind=Kind.PLUGIN, paper="", row=0)
        for name in _registry(plugins).names()
    )


def load_method(name: str, plugins: Iterable[EntryPoint] | None = None) -> type[AnyMethod]:
    """The class of a method.

    Raises:
        UserError: the extra is not installed, or there is no such method.
    """
    require_extra()
    return _registry(plugins).load(name)


def require_extra() -> None:
    """Raises:
    UserError: a package that tuning needs is not installed.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(f"adapter tuning needs {', '.join(missing)}: pip install 'atlas-agents[tune]'")
