"""A real model of 135 million weights, read from its GGUF file, learns to act as short traces do."""

from __future__ import annotations

import gc
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.artifact import load, make, save  # noqa: E402
from adaptation.base import Base, load_base  # noqa: E402
from adaptation.method import Serving  # noqa: E402
from adaptation.training import TrainingConfig, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402

TABLES = ("DeviceEvents", "SigninLogs", "AlertInfo", "EmailEvents", "ProcessEvents", "FileEvents")
FIELDS = ("AccountName", "IPAddress", "FileName", "Url", "Severity")
METHODS: dict[str, tuple[float, dict[str, Any]]] = {
    "lora": (5e-4, {}),
    "hydra": (5e-4, {}),
    "increlora": (2e-3, {"mean_rank": 4}),
    "lt-sft": (1e-3, {"tuning_steps": 3}),
    "hut": (5e-3, {}),
    "bottleneck": (1e-3, {}),
}
"""Six kinds, each with its learning rate."""
STEPS, LENGTH = 60, 40
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def base(gguf: Path) -> Iterator[Base]:
    yield load_base(gguf)
    gc.collect()


def traces(base: Base, *, held_out: bool) -> dict[str, Any]:
    """Rows [n, LENGTH] of a question and the action that answers it; only the action is learned."""
    ids, labels = [], []
    for number, (table, field) in enumerate((t, f) for t in TABLES for f in FIELDS):
        if (number % 5 == 0) != held_out:
            continue
        asked = base.tokenizer(f"Question: which {field} is seen in {table}?\nAction:").input_ids
        told = base.tokenizer(f" sql[SELECT DISTINCT {field} FROM {table} LIMIT 5]").input_ids
        missing = LENGTH - len(asked) - len(told)
        assert missing >= 0
        ids.append([*asked, *told, *[base.tokenizer.eos_token_id] * missing])
        labels.append([*[-100] * len(asked), *told, *[-100] * missing])
    return {"input_ids": torch.tensor(ids), "labels": torch.tensor(labels)}


@torch.no_grad()
def loss(base: Base, rows: dict[str, Any]) -> float:
    return float(base.model(**rows).loss)


@pytest.mark.parametrize("name", METHODS)
def test_the_loss_on_traces_it_has_not_seen_falls(name: str, base: Base, tmp_path: Path) -> None:
    rate, options = METHODS[name]
    learn, held_out = traces(base, held_out=False), traces(base, held_out=True)
    before = loss(base, held_out)
    method = make(name, options)
    method.attach(base.model, method.plan(base.model, [{k: v[:4] for k, v in learn.items()}]))
    train(base.model, method, shuffled(learn, 4), TrainingConfig(steps=STEPS, learning_rate=rate))
    after = loss(base, held_out)
    assert after < 0.5 * before
    said = base.model(**held_out).logits.detach()
    save(method, tmp_path)
    if method.capabilities.serving is not Serving.RUNTIME_ONLY:
        method.merge()
        assert float((base.model(**held_out).logits.detach() - said).abs().max()) <= 1e-4 * said.abs().max()
        method.unmerge()
    method.detach(base.model)
    assert loss(base, held_out) == before
    loaded = load(base.model, tmp_path)
    assert torch.equal(base.model(**held_out).logits.detach(), said)
    loaded.detach(base.model)


def test_text_becomes_the_tokens_of_the_runtime(base: Base, gguf: Path) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.n_ctx, params.cpuparams.n_threads, params.ui = 256, 1, False
    server = xllamacpp.Server(params)
    for text in (
        "SELECT * FROM t WHERE a = 1234",
        "two  spaces   three",
        "line\nline\n\n  x",
        "Straße 5,6 %",
    ):
        body = json.dumps({"content": text, "add_special": False}).encode()
        asked = urllib.request.Request(f"{server.listening_address}/tokenize", data=body)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert json.load(answer)["tokens"] == base.tokenizer(text).input_ids


def test_a_model_that_is_not_there_or_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give a GGUF file, or a folder"):
        load_base(tmp_path / "none.gguf")
    (tmp_path / "odd.gguf").write_bytes(b"no model")
    with pytest.raises(UserError, match="cannot be read as a model"):
        load_base(tmp_path / "odd.gguf")
