"""Adapters as llama.cpp reads them: a LoRA beside its base, or a base with the deltas put in.

llama.cpp turns neighbouring numbers of a head by one angle where transformers turns halves, so that for Llama
the rows of q and k stand in another order there: row h, 2, half becomes row h, half, 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType
from gguf.constants import MODEL_ARCH, GGUFType, Keys
from gguf.quants import dequantize
from gguf.tensor_mapping import get_tensor_name_map
from torch import Tensor

from adaptation.serving.export import Factors, filled
from core.errors import UserError

ADAPTER = "lora"
PLAIN = (GGMLQuantizationType.F32, GGMLQuantizationType.F16, GGMLQuantizationType.BF16)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    architecture: MODEL_ARCH
    permuted: bool = False
    """The rows of q and k stand in another order than in transformers."""


FAMILIES: Mapping[str, _Family] = {
    "llama": _Family(architecture=MODEL_ARCH.LLAMA, permuted=True),
    "mistral": _Family(architecture=MODEL_ARCH.LLAMA, permuted=True),
    "qwen2": _Family(architecture=MODEL_ARCH.QWEN2),
    "qwen3": _Family(architecture=MODEL_ARCH.QWEN3),
    "gemma3_text": _Family(architecture=MODEL_ARCH.GEMMA3),
}
"""By `model_type` of transformers; only those whose weights are known to go over as they are said to here."""


class Places:
    """Where the weights of a transformers model stand in llama.cpp; `config` is that model's.

    Raises:
        UserError: the kind of model is not one of `FAMILIES`.
    """

    def __init__(self, config: Any) -> None:
        kind = str(config.model_type)
        if kind not in FAMILIES:
            known = ", ".join(FAMILIES)
            raise UserError(f"no GGUF is written for models of kind {kind}: only for {known}")
        self._family = FAMILIES[kind]
        self._heads = int(config.num_attention_heads)
        self._kv_heads = int(config.num_key_value_heads)
        self._names = get_tensor_name_map(self._family.architecture, int(config.num_hidden_layers))

    @property
    def architecture(self) -> str:
        from gguf.constants import MODEL_ARCH_NAMES

        return MODEL_ARCH_NAMES[self._family.architecture]

    def name(self, weight: str) -> str:
        """`model.layers.0.mlp.up_proj.weight` is `blk.0.ffn_up.weight`.

        Raises:
            UserError: llama.cpp has no such weight.
        """
        found = self._names.get_name(weight, try_suffixes=(".weight", ".bias"))
        if found is None:
            raise UserError(f"llama.cpp has no place for {weight} of this model")
        return found

    def rows(self, weight: str, values: Tensor) -> Tensor:
        """The rows of `values` [o, ...] in llama.cpp's order."""
        last = weight.split(".")[-2]
        if not self._family.permuted or last not in ("q_proj", "k_proj"):
            return values
        heads = self._heads if last == "q_proj" else self._kv_heads
        split = values.reshape(heads, 2, values.shape[0] // heads // 2, *values.shape[1:])
        return split.transpose(1, 2).reshape(values.shape)


def write_lora_gguf(factors: Mapping[str, Factors], path: Path, config: Any) -> None:
    """The factors as a LoRA for llama.cpp, in float32; `config` is the base model's.

    Raises:
        UserError: llama.cpp has no place for a layer, or the file cannot be written.
    """
    places = Places(config)
    pairs, rank = filled(factors)
    with _writer(path, places.architecture) as writer:
        writer.add_type(GGUFType.ADAPTER)
        writer.add_string(Keys.Adapter.TYPE, ADAPTER)
        writer.add_float32(Keys.Adapter.LORA_ALPHA, float(rank))
        for site, (a, b) in pairs.items():
            name = places.name(f"{site}.weight")
            writer.add_tensor(f"{name}.lora_a", _array(a))
            writer.add_tensor(f"{name}.lora_b", _array(places.rows(f"{site}.weight", b)))


def write_model_gguf(source: Path, deltas: Mapping[str, Tensor], path: Path, config: Any) -> None:
    """A copy of the GGUF file `source` in float32, with `deltas` [o, i] added to the weights they name.

    What the file says of itself, its tokenizer and chat template are carried over. `config` is that of the
    model as transformers has loaded it from `source`.

    Raises:
        UserError: a delta has no place in the file or another shape, or a file cannot be read or written.
    """
    places = Places(config)
    moved = {places.name(name): places.rows(name, delta) for name, delta in deltas.items()}
    try:
        reader = GGUFReader(source)
    except (OSError, ValueError) as error:
        raise UserError(f"{source} cannot be read as GGUF: {error}") from None
    with _writer(path, str(_value(reader, Keys.General.ARCHITECTURE))) as writer:
        _copy_fields(reader, writer)
        for tensor in reader.tensors:
            values = _plain(tensor)
            delta = moved.pop(tensor.name, None)
            if delta is not None:
                if values.shape != tuple(delta.shape):
                    raise UserError(f"{tensor.name} is {values.shape} in {source}, not {tuple(delta.shape)}")
                values = values + _array(delta)
            writer.add_tensor(tensor.name, values)
        if moved:
            raise UserError(f"{source} has no {min(moved)}: the adapter is of another model")


def _plain(tensor: Any) -> np.ndarray:
    kind = GGMLQuantizationType(tensor.tensor_type)
    if kind is GGMLQuantizationType.F32:
        return np.asarray(tensor.data)
    return dequantize(tensor.data, kind)


def _copy_fields(reader: GGUFReader, writer: GGUFWriter) -> None:
    ours = {Keys.General.ARCHITECTURE, Keys.General.FILE_TYPE, Keys.General.QUANTIZATION_VERSION}
    for field in reader.fields.values():
        if field.name in ours or field.name.startswith("GGUF."):
            continue
        inner = field.types[-1] if field.types[0] is GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], inner)
    writer.add_file_type(LlamaFileType.ALL_F32)


def _value(reader: GGUFReader, key: str) -> Any:
    field = reader.get_field(key)
    if field is None:
        raise UserError(f"the GGUF file does not say its {key}")
    return field.contents()


@contextmanager
def _writer(path: Path, architecture: str) -> Iterator[GGUFWriter]:
    """A file that is there only when all of it has been written."""
    part = path.with_name(f"{path.name}.part")
    writer = GGUFWriter(None, architecture)
    try:
        yield writer
        path.parent.mkdir(parents=True, exist_ok=True)
        writer.write_header_to_file(part)
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        part.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _array(values: Tensor) -> np.ndarray:
    return values.detach().to("cpu", torch.float32).contiguous().numpy()
