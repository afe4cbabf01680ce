"""A tiny random Llama with a tokenizer of bytes and a chat template, as one GGUF file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from gguf import GGUFWriter, LlamaFileType

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content']"
    " + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
WIDTH, INNER, LAYERS, HEADS, KV_HEADS = 64, 96, 2, 4, 2
CONTEXT = 2048


def write_tiny_gguf(path: Path, seed: int = 0, context: int = CONTEXT, *, ends: bool = False) -> Path:
    """Two layers, d = 64, 4 heads over 2, float32; it writes printable ASCII, so that texts compare.

    With `ends` it writes its end mark now and then, else hardly ever.
    """
    tokens = [*SPECIAL, *_byte_letters(), "th"]
    writer = GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_file_type(LlamaFileType.ALL_F32)
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in SPECIAL else 1 for token in tokens])
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, values in _weights(len(tokens), seed, ends).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _byte_letters() -> list[str]:
    """GPT-2's letter for each byte, in the order of the bytes."""
    plain = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    others = (byte for byte in range(256) if byte not in plain)
    moved = {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [moved.get(byte, chr(byte)) for byte in range(256)]


def _weights(vocabulary: int, seed: int, ends: bool) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)

    def normal(*shape: int) -> np.ndarray:
        return (draw.standard_normal(shape) * 0.12).astype(np.float32)

    kv = WIDTH // HEADS * KV_HEADS
    found = {"token_embd.weight": normal(vocabulary, WIDTH)}
    for layer in range(LAYERS):
        shapes = {
            "attn_q": (WIDTH, WIDTH),
            "attn_k": (kv, WIDTH),
            "attn_v": (kv, WIDTH),
            "attn_output": (WIDTH, WIDTH),
            "ffn_gate": (INNER, WIDTH),
            "ffn_up": (INNER, WIDTH),
            "ffn_down": (WIDTH, INNER),
        }
        for name, shape in shapes.items():
            found[f"blk.{layer}.{name}.weight"] = normal(*shape)
        for name in ("attn_norm", "ffn_norm"):
            found[f"blk.{layer}.{name}.weight"] = 1 + normal(WIDTH)
    head = normal(vocabulary, WIDTH)
    quiet = [token for token in range(vocabulary) if not 32 <= token - len(SPECIAL) < 127]
    head[[token for token in quiet if not (ends and token == 2)]] *= 0.02
    return found | {"output_norm.weight": 1 + normal(WIDTH), "output.weight": head}
