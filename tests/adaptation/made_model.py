"""A base model as a folder, made offline: a tiny random Llama and a tokenizer of bytes."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from core.adapters import PreferenceExample, SftExample, Turn

SPECIAL = ("<|pad|>", "<|im_start|>", "<|im_end|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
COLOURS = ("red", "green", "blue", "white", "black", "brown", "pink", "grey")


def tiny_tokenizer(*, template: bool = True) -> PreTrainedTokenizerFast:
    """One token a byte, three special ones before them; with or without a chat template."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {text: number for number, text in enumerate((*SPECIAL, *letters))}
    model = Tokenizer(BPE(vocab=vocabulary, merges=[]))
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    model.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=model,
        pad_token="<|pad|>",
        eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>"],
    )
    if template:
        tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def save_tiny_model(folder: Path, seed: int = 0, *, spread: float = 0.02) -> Path:
    """A model folder of some 200 KB, as transformers saves one. With a `spread` of weights like 0.2 what it
    says hangs on what it has read, as a trained model's does."""
    tokenizer = tiny_tokenizer()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            initializer_range=spread,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def turns(*said: str) -> tuple[Turn, ...]:
    """Of the user and the assistant in turn."""
    return tuple(
        Turn(role="assistant" if number % 2 else "user", content=text) for number, text in enumerate(said)
    )


def sft_examples(groups: int = 4, each: int = 2) -> tuple[SftExample, ...]:
    """Questions that are alike in all groups, with one answer a group."""
    return tuple(
        SftExample(
            messages=turns(f"Box {group}, case {number}: colour?", COLOURS[group % len(COLOURS)]),
            about={"group": f"box {group}"},
        )
        for group in range(groups)
        for number in range(each)
    )


def preference_examples(groups: int = 4, each: int = 2) -> tuple[PreferenceExample, ...]:
    return tuple(
        PreferenceExample(
            prompt=example.messages[:-1],
            chosen=example.messages[-1:],
            rejected=(Turn(role="assistant", content="none"),),
            about=example.about,
        )
        for example in sft_examples(groups, each)
    )
