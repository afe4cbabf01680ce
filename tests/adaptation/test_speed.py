"""LoRA here against peft with the Trainer of transformers, side by side in one run."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")

from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments  # noqa: E402

from adaptation.artifact import make  # noqa: E402
from adaptation.method import LLAMA_LINEARS, Plan  # noqa: E402
from adaptation.training import TrainingConfig, shuffled, train  # noqa: E402

STEPS, ROUNDS, BATCH, TOKENS, VOCABULARY = 12, 5, 4, 64, 2000
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore"),  # the Trainer's own, of packages it looks for
]


def model() -> Any:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=6,
        num_attention_heads=8,
        num_key_value_heads=4,
    )
    return LlamaForCausalLM(config)


def ids() -> Any:
    draw = torch.Generator().manual_seed(1)
    return torch.randint(0, VOCABULARY, (BATCH * STEPS, TOKENS), generator=draw)


def ours() -> float:
    base, method = model(), make("lora", {"rank": 8})
    method.attach(base, Plan())
    rows = ids()
    start = time.perf_counter()
    train(base, method, shuffled({"input_ids": rows, "labels": rows}, BATCH), TrainingConfig(steps=STEPS))
    return time.perf_counter() - start


def theirs(folder: Path) -> float:
    adapted = peft.get_peft_model(
        model(), peft.LoraConfig(r=8, task_type="CAUSAL_LM", target_modules=list(LLAMA_LINEARS))
    )
    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=STEPS,
        per_device_train_batch_size=BATCH,
        learning_rate=1e-3,
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
    )
    rows = [{"input_ids": row, "labels": row} for row in ids()]
    trainer = Trainer(model=adapted, args=arguments, train_dataset=rows)
    start = time.perf_counter()
    trainer.train()
    return time.perf_counter() - start


def test_lora_is_as_fast_as_peft_with_the_trainer(tmp_path: Path) -> None:
    ours(), theirs(tmp_path)
    ratios = [ours() / theirs(tmp_path) for _ in range(ROUNDS)]
    print("ours / theirs:", [round(each, 3) for each in ratios])  # noqa: T201
    assert statistics.median(ratios) <= 1.05
