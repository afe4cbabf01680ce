"""The same LoRA training two ways: by this package, and by plain peft with the Trainer of transformers.

As a program it trains one way and prints the peak of the process's memory. What one way does not need it
does not import.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from adaptation.artifact import make
from adaptation.method import LLAMA_LINEARS, Plan
from adaptation.training import TrainingConfig, train

BATCH, RANK, ALPHA, RATE = 4, 8, 16, 1e-3


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is trained: a random Llama of `layers` and width 64 * `heads`, on rows of random tokens."""

    steps: int
    layers: int
    heads: int
    tokens: int
    vocabulary: int


QUICK = Job(steps=10, layers=6, heads=6, tokens=64, vocabulary=4096)
LARGE = Job(steps=3, layers=12, heads=9, tokens=256, vocabulary=16384)
"""So large that training is most of the memory."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """Training alone, by the clock and by the processor; the loss of the first batch after it."""

    seconds: float
    busy_seconds: float
    loss: float


class Clock:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._wall, self._busy = time.perf_counter(), time.process_time()

    def done(self, loss: Callable[[], float]) -> Done:
        wall, busy = time.perf_counter() - self._wall, time.process_time() - self._busy
        return Done(seconds=wall, busy_seconds=busy, loss=loss())


def model(job: Job) -> Any:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=job.vocabulary,
        hidden_size=64 * job.heads,
        intermediate_size=172 * job.heads,
        num_hidden_layers=job.layers,
        num_attention_heads=job.heads,
        num_key_value_heads=job.heads // 3,
    )
    return LlamaForCausalLM(config)


def ids(job: Job) -> Any:
    draw = torch.Generator().manual_seed(1)
    return torch.randint(0, job.vocabulary, (BATCH * job.steps, job.tokens), generator=draw)


def start(site: str, rows: int, columns: int) -> Any:
    """A of one layer: both ways start from it."""
    draw = torch.Generator().manual_seed(len(site) * 7919 + sum(map(ord, site)))
    return (torch.rand((rows, columns), generator=draw) * 2 - 1) * columns**-0.5


def ours(job: Job) -> Done:
    base, method = model(job), make("lora", {"rank": RANK, "alpha": ALPHA})
    method.attach(base, Plan())
    with torch.no_grad():
        for site, layer in method.layers.items():
            layer.a.copy_(start(site, *layer.a.shape))
    rows = ids(job)

    def batch(step: int) -> dict[str, Any]:
        chosen = rows[step * BATCH : (step + 1) * BATCH]
        return {"input_ids": chosen, "labels": chosen}

    config = TrainingConfig(steps=job.steps, learning_rate=RATE, schedule="linear")
    clock = Clock()
    train(base, method, batch, config)
    return clock.done(lambda: _loss(base, rows))


def theirs(job: Job) -> Done:
    import peft
    from transformers import Trainer
    from transformers.trainer_callback import PrinterCallback

    base = model(job)
    adapted = peft.get_peft_model(
        base,
        peft.LoraConfig(r=RANK, lora_alpha=ALPHA, task_type="CAUSAL_LM", target_modules=list(LLAMA_LINEARS)),
    )
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_A" in name:
                site = name.removeprefix("base_model.model.").partition(".lora_A")[0]
                parameter.copy_(start(site, *parameter.shape))
    rows = ids(job)
    data = [{"input_ids": row, "labels": row} for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(model=adapted, args=_arguments(folder, job), train_dataset=data)
        trainer.remove_callback(PrinterCallback)
        clock = Clock()
        trainer.train()
        return clock.done(lambda: _loss(adapted, rows))


def _arguments(folder: str, job: Job) -> Any:
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=folder,
        max_steps=job.steps,
        per_device_train_batch_size=BATCH,
        learning_rate=RATE,
        train_sampling_strategy="sequential",
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
        dataloader_pin_memory=False,
    )


@torch.no_grad()
def _loss(trained: Any, rows: Any) -> float:
    trained.eval()
    return float(trained(input_ids=rows[:BATCH], labels=rows[:BATCH]).loss)


SIDES = {"ours": ours, "theirs": theirs}


def main(side: str) -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    done = SIDES[side](LARGE)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak_bytes": peak, "loss": done.loss}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
