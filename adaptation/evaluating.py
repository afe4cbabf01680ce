"""What an adapter is worth on examples, and what it has cost the model elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import torch
from torch import nn

from adaptation.base import Base
from adaptation.data.batches import in_order, pad_id
from adaptation.data.encoding import AnyExample, InformedExample, Row, encode
from adaptation.data.pamphlets import generated, hard_targets
from adaptation.method import AdapterMethod, Batch
from adaptation.objectives import mean_loss, predicting
from adaptation.training import causal_loss
from core.adapters import PreferenceExample, SftExample
from core.errors import UserError

BATCH, NEUTRAL_TOKENS = 4, 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """`loss` is nats a learned token, `perplexity` exp of it; `token_accuracy` is the share of tokens that
    the model would have chosen with the right ones before them, `exact_match` that of answers which it
    writes itself (greedily) as the example has them, None where none was generated.
    """

    loss: float
    perplexity: float
    token_accuracy: float
    exact_match: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """`forgetting` is loss on a neutral text with the adapter less that without, as peft compares methods;
    above 0 something was forgotten.
    """

    examples: int
    left_out: int
    tokens: int
    base: Scores
    adapter: Scores
    neutral_before: float
    neutral_after: float

    @property
    def forgetting(self) -> float:
        return self.neutral_after - self.neutral_before


def evaluate(
    base: Base,
    method: AdapterMethod[Any],
    examples: Sequence[AnyExample],
    *,
    max_tokens: int = 1024,
    generate: int = 0,
    neutral: str | None = None,
) -> Evaluation:
    """With the adapter and without it. `generate` is the most tokens of an answer that is written for
    `exact_match`; 0 writes none. `neutral` is any text; by default the one of the package.

    Raises:
        UserError: the examples are preference pairs, or none is short enough.
    """
    plain = _plain(examples)
    encoded = encode(base.tokenizer, plain, max_tokens)
    rows = [row for row in encoded.rows if isinstance(row, Row)]
    if not rows:
        raise UserError(f"no answer has less than {max_tokens} tokens: raise --max-tokens")
    batches = in_order(rows, BATCH, pad_id(base.tokenizer))
    text = neutral_batches(base.tokenizer, neutral_text() if neutral is None else neutral)
    after = _scores(base, method, batches, plain, generate), _loss(method, base.model, text)
    with method.off():
        before = _scores(base, method, batches, plain, generate), _loss(method, base.model, text)
    return Evaluation(
        examples=len(rows),
        left_out=encoded.left_out,
        tokens=sum(row.learned for row in rows),
        base=before[0],
        adapter=after[0],
        neutral_before=before[1],
        neutral_after=after[1],
    )


def neutral_text() -> str:
    """Plain sentences on things that no task here is about."""
    return files("adaptation.data").joinpath("neutral.txt").read_text(encoding="utf-8")


def neutral_batches(tokenizer: Any, text: str) -> list[Batch]:
    """The text in pieces of equal length, every token of it learned.

    Raises:
        UserError: it has less than two tokens.
    """
    ids = list(tokenizer(text, add_special_tokens=False)["input_ids"])
    pieces = [ids[start : start + NEUTRAL_TOKENS] for start in range(0, len(ids), NEUTRAL_TOKENS)]
    rows = [Row(ids=tuple(piece), labels=tuple(piece)) for piece in pieces if len(piece) > 1]
    if not rows:
        raise UserError("the neutral text is empty")
    return in_order(rows, 1, pad_id(tokenizer))


def _plain(examples: Sequence[AnyExample]) -> tuple[SftExample, ...]:
    found: list[SftExample] = []
    for each in examples:
        if isinstance(each, PreferenceExample):
            raise UserError("these are preference pairs: evaluate on examples with messages")
        found += hard_targets([each]) if isinstance(each, InformedExample) else [each]
    return tuple(found)


def _scores(
    base: Base,
    method: AdapterMethod[Any],
    batches: Sequence[Batch],
    examples: Sequence[SftExample],
    generate: int,
) -> Scores:
    loss = _loss(method, base.model, batches)
    return Scores(
        loss=loss,
        perplexity=math.exp(min(loss, 700.0)),
        token_accuracy=token_accuracy(base.model, batches),
        exact_match=exact_match(base, examples, generate) if generate else None,
    )


def _loss(method: AdapterMethod[Any], model: nn.Module, batches: Sequence[Batch]) -> float:
    return mean_loss(method, model, batches, causal_loss)


@torch.no_grad()
def token_accuracy(model: nn.Module, batches: Sequence[Batch]) -> float:
    """Share of learned tokens that have the highest logit."""
    device = next(model.parameters()).device
    right = every = 0
    for batch in batches:
        held = {name: value.to(device) for name, value in batch.items()}
        labels = held.pop("labels")
        wanted = predicting(labels)
        best = model(**held).logits.argmax(dim=-1)[wanted]
        target = labels[:, 1:][wanted[:, :-1]]
        right += int((best == target).sum())
        every += target.numel()
    return right / every


def exact_match(base: Base, examples: Sequence[SftExample], most_tokens: int) -> float:
    """Share of answers that the model writes as they are, but for white space and letter case."""
    hits = [
        _squeezed(generated(base, each.messages[:-1], most_tokens=most_tokens))
        == _squeezed(each.messages[-1].content)
        for each in examples
    ]
    return sum(hits) / len(hits)


def _squeezed(text: str) -> str:
    return " ".join(text.casefold().split())
