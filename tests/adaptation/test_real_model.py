"""A real model of 135 million weights, from its GGUF file, learns to act as traces of investigations do."""

from __future__ import annotations

import gc
import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.artifact import WEIGHTS, load, make, save  # noqa: E402
from adaptation.base import Base, load_base  # noqa: E402
from adaptation.method import AdapterMethod, Batch, Serving  # noqa: E402
from adaptation.registry import tuning_methods  # noqa: E402
from adaptation.training import TrainingConfig, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.traces import HELD_OUT, LEARNED, encoded, episodes, turns  # noqa: E402

Options = tuple[float, dict[str, Any]]
TRAINED: dict[str, Options] = {
    "lora": (5e-4, {}),
    "bottleneck": (1e-3, {}),
    "lt-sft": (1e-3, {"tuning_steps": 3}),
    "hut": (5e-3, {}),
    "increlora": (2e-3, {"mean_rank": 4}),
    "mos": (2e-3, {}),
}
"""Six kinds, each with its learning rate: low-rank, block, sparse, multiplicative, allocated, shared."""
IN_CI = ("lora", "bottleneck")
"""Those that CI has the time for; the others are `long`."""
SMALL: dict[str, dict[str, Any]] = {
    "colora": {"tuning_steps": 1, "points": 1},
    "nola": {"bases_a": 8, "bases_b": 8},
}
"""Options of methods that take one step only, where the defaults plan or keep too much for a test."""
STEPS, ROWS, LENGTH = 60, 4, 72
FP32 = 1e-4
"""What merging may change, relative to the largest logit: the products are rounded in another order."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Traces:
    """Rows to learn from and rows of an incident that is not among those."""

    learned: dict[str, Any]
    held_out: dict[str, Any]


@pytest.fixture(scope="module")
def base(gguf: Path) -> Iterator[Base]:
    yield load_base(gguf)
    gc.collect()


@pytest.fixture(scope="module")
def traces(base: Base) -> Traces:
    learned = turns(episodes(LEARNED))
    fresh = [pair for pair in turns(episodes(HELD_OUT)) if pair not in learned]
    assert len(fresh) >= 20
    return Traces(
        learned=encoded(base.tokenizer, learned, LENGTH), held_out=encoded(base.tokenizer, fresh, LENGTH)
    )


@torch.no_grad()
def said(base: Base, rows: Batch) -> tuple[float, Any]:
    """Loss over what is learned in the rows, and the logits of the first few."""
    base.model.eval()
    losses, weights, first = [], [], None
    for start in range(0, rows["input_ids"].shape[0], ROWS):
        batch = {key: value[start : start + ROWS] for key, value in rows.items()}
        out = base.model(**batch)
        first = out.logits if first is None else first
        losses.append(float(out.loss))
        weights.append(int((batch["labels"][:, 1:] >= 0).sum()))
    return sum(a * b for a, b in zip(losses, weights, strict=True)) / sum(weights), first


def attach(base: Base, name: str, options: dict[str, Any], rows: Batch) -> AdapterMethod[Any]:
    method = make(name, options)
    calibration = [{key: value[:ROWS] for key, value in rows.items()}]
    method.attach(base.model, method.plan(base.model, calibration))
    return method


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in IN_CI else pytest.mark.long) for name in TRAINED]
)
def test_the_loss_on_traces_it_has_not_seen_falls(
    name: str, base: Base, traces: Traces, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rate, options = TRAINED[name]
    before, _ = said(base, traces.held_out)
    started = time.monotonic()
    method = attach(base, name, options, traces.learned)
    planned = time.monotonic() - started
    config = TrainingConfig(steps=STEPS, learning_rate=rate)
    result = train(base.model, method, shuffled(traces.learned, ROWS), config)
    after, live = said(base, traces.held_out)
    save(method, tmp_path)
    figures: dict[str, Any] = {
        "held_out_loss": [round(before, 4), round(after, 4)],
        "parameters": method.count(),
        "bytes": (tmp_path / WEIGHTS).stat().st_size,
        "plan_seconds": round(planned, 1),
        "seconds_per_step": round(result.seconds / STEPS, 2),
    }
    if method.capabilities.serving is not Serving.RUNTIME_ONLY:
        method.merge()
        figures["merge_error"] = float((said(base, traces.held_out)[1] - live).abs().max() / live.abs().max())
        method.unmerge()
    method.detach(base.model)
    assert said(base, traces.held_out)[0] == before
    loaded = load(base.model, tmp_path)
    again = said(base, traces.held_out)[1]
    loaded.detach(base.model)
    with capsys.disabled():
        print(f"\n{name}: {json.dumps(figures)}")  # noqa: T201
    assert after < 0.7 * before
    assert figures.get("merge_error", 0.0) <= FP32
    assert torch.equal(again, live)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in tuning_methods() if name not in TRAINED])
def test_every_other_method_takes_a_step(
    name: str, base: Base, traces: Traces, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    method = attach(base, name, SMALL.get(name, {}), traces.learned)
    planned = time.monotonic() - started
    try:
        count = method.count()
        rows = dict(traces.learned)
        if method.capabilities.per_task:
            rows["task_ids"] = torch.arange(rows["input_ids"].shape[0]) % 2
        start = method.state()
        result = train(base.model, method, shuffled(rows, ROWS), TrainingConfig(steps=1))
        assert result.losses[0] > 0
        moved = method.state()
        assert any(
            start[key].shape != moved[key].shape or not torch.equal(start[key], moved[key]) for key in moved
        )
    finally:
        method.detach(base.model)
        del method
        gc.collect()
    with capsys.disabled():
        print(f"\n{name}: {count} parameters, planned in {planned:.1f} s, a step in {result.seconds:.1f} s")  # noqa: T201


@pytest.fixture(scope="module")
def runtime(gguf: Path) -> Any:
    """Asks llama.cpp, in this process: `runtime(path, body)` gives its answer."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.n_ctx, params.cpuparams.n_threads, params.ui = 256, 1, False
    server = xllamacpp.Server(params)

    def ask(path: str, body: dict[str, Any]) -> dict[str, Any]:
        asked = urllib.request.Request(f"{server.listening_address}{path}", data=json.dumps(body).encode())
        with urllib.request.urlopen(asked, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    return ask


TEXTS = (
    "The analyst opened the alert. It's about a file that wasn't there!",
    "SELECT * FROM t WHERE a = 1234567 AND b >= 3.14159",
    "two  spaces   three    four",
    "line\nline\n\n  indented\n\ttab\r\nend ",
    "Straße 5,6 % déjà vu 東京 🙂",
    " leading and trailing ",
    "2025-03-04T12:24:14.3191240Z S-1-5-21-687116358-914863972",
)


@pytest.mark.parametrize("text", TEXTS)
def test_text_becomes_the_tokens_of_the_runtime(text: str, base: Base, runtime: Any) -> None:
    theirs = runtime("/tokenize", {"content": text, "add_special": False})["tokens"]
    assert base.tokenizer(text).input_ids == theirs
    assert base.tokenizer.decode(theirs) == text


@pytest.mark.parametrize("system", [True, False])
def test_a_dialogue_becomes_the_prompt_of_the_runtime(system: bool, base: Base, runtime: Any) -> None:
    messages = [
        {"role": "user", "content": "Which  account, of 42?"},
        {"role": "assistant", "content": "sql: SELECT 1"},
        {"role": "user", "content": "[(1,)]"},
    ]
    if system:
        messages.insert(0, {"role": "system", "content": "Investigate."})
    ours = base.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert ours == runtime("/apply-template", {"messages": messages})["prompt"]
    theirs = runtime("/tokenize", {"content": ours, "add_special": False, "parse_special": True})["tokens"]
    assert base.tokenizer(ours).input_ids == theirs


def test_a_model_that_is_not_there_or_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give a GGUF file, or a folder"):
        load_base(tmp_path / "none.gguf")
    (tmp_path / "odd.gguf").write_bytes(b"no model")
    with pytest.raises(UserError, match="cannot be read as a model"):
        load_base(tmp_path / "odd.gguf")
