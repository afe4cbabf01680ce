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
NEEDED = ("torch", "transformers", "peft", "safetensors", "gguf", "llguidance", "yaml")


class Kind(StrEnum):
    """What a method does to the model; the last five are rows beside the weights."""

    LOW_RANK = "low-rank"
    SPARSE = "sparse"
    SPECTRAL = "spectral"
    MULTIPLICATIVE = "multiplicative"
    BLOCK = "block"
    WHOLE = "whole"
    """Whole tensors of the base are tuned."""
    EXPERTS = "experts"
    SIDE = "side"
    PROMPT = "prompt"
    PLUGIN = "plugin"
    """Of another package: it says itself what it is."""
    CURRICULUM = "curriculum"
    """Which rows and tokens are learned, and when: goes with any tuning method."""
    OUTPUT = "output"
    """Adapts what a classifier or a router says, not the model behind it."""
    PROTOCOL = "protocol"
    """Measures learners."""
    SOURCE = "source"
    """Learns without a gradient: gives data to tuning, and is what an adapter must beat."""
    LABEL = "label"
    """A vocabulary."""

    @property
    def tunes(self) -> bool:
        """It is an `AdapterMethod`: it can be planned, attached and trained."""
        return self not in _BESIDE


_BESIDE = frozenset({Kind.CURRICULUM, Kind.OUTPUT, Kind.PROTOCOL, Kind.SOURCE, Kind.LABEL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row as it is listed. `row` is its number in the list of seed papers, 0 for a plugin's.

    `target` is `module:attribute`: a method's class, or for other kinds what there is to call.
    """

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
        ("lisa", "lisa:Lisa", Kind.WHOLE, 18, "LISA: blocks drawn anew every few steps"),
        ("width-rule", "width_rule:FullByWidth", Kind.WHOLE, 25, "Robust layerwise scaling rule"),
        ("stn", "stn:Stn", Kind.LOW_RANK, 17, "Self-Tuning Networks: settings tuned while training"),
        ("model-surgery", "model_surgery:ModelSurgery", Kind.LOW_RANK, 12, "MOS: model surgery"),
        ("locft", "locft:Locft", Kind.WHOLE, 37, "LocFT-BF: facts written into one matrix"),
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
    } | _beside()


def _beside() -> dict[str, Entry]:
    """The rows that tune no weight."""
    rows = (
        ("families", "levers:Lever", Kind.LABEL, 1, "Survey of idea generation, arXiv 2511.07448"),
        ("cl2gec", "continual.stream:stream", Kind.PROTOCOL, 6, "CL2GEC: continual learning measured"),
        ("pamphlets", "continual.memory:PamphletLearner", Kind.SOURCE, 7, "ATLAS: no gradients"),
        ("lame", "outputs.lame:lame", Kind.OUTPUT, 10, "LAME: parameter-free test-time adaptation"),
        ("label-shift", "outputs.label_shift:LabelShiftAdapter", Kind.OUTPUT, 21, "Label shift adapter"),
        ("rdtf", "curriculum:Curriculum", Kind.CURRICULUM, 34, "RDTF: curriculum and dual masks"),
    )
    return {
        name: Entry(name=name, target=f"adaptation.{target}", kind=kind, row=row, paper=paper)
        for name, target, kind, row, paper in rows
    }


BUILT_IN = _entries()


def tuning_methods() -> tuple[str, ...]:
    """The names of the built-in methods that tune weights, sorted."""
    return tuple(sorted(name for name, entry in BUILT_IN.items() if entry.kind.tunes))


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
        UserError: the extra is not installed, there is no such method, or it tunes no weights.
    """
    entry = BUILT_IN.get(name)
    if entry is not None and not entry.kind.tunes:
        raise UserError(f"{name} tunes no weights (kind: {entry.kind}): see {entry.target}")
    require_extra()
    return _registry(plugins).load(name)


def require_extra() -> None:
    """Raises:
    UserError: a package that tuning needs is not installed.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(f"adapter tuning needs {', '.join(missing)}: pip install 'atlas-agents[tune]'")
