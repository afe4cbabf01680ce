"""A reader that remembers says what one says that reads everything anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("gguf")

from torch import nn  # noqa: E402

from adaptation.base import Base, load_base  # noqa: E402
from adaptation.registry import tuning_methods  # noqa: E402
from adaptation.serving.generating import Reader, Sampling, reads_on, write  # noqa: E402
from adaptation.serving.live import Asked, LiveBase, LiveModel  # noqa: E402
from core.chat import ChatRequest, Message  # noqa: E402
from tests.adaptation.serving.test_gguf import shaken  # noqa: E402

TEXTS = st.lists(st.lists(st.integers(3, 6), min_size=1, max_size=12), min_size=1, max_size=5)
"""Of few tokens, so that texts begin alike."""


def same(reader: Reader, model: nn.Module, ids: list[int]) -> bool:
    wanted = Reader(model, cached=False).next(ids)
    return bool((reader.next(ids) - wanted).abs().max() <= 1e-4 * wanted.abs().max())


@given(TEXTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_in_any_order_are_read_as_if_each_were_the_first(base: Base, texts: list[list[int]]) -> None:
    reader = Reader(base.model)
    before: list[int] = []
    for ids in texts:
        alike = next((n for n, (a, b) in enumerate(zip(before, ids, strict=False)) if a != b), None)
        common = min(len(before), len(ids)) if alike is None else alike
        assert reader.known(ids) == min(common, len(ids) - 1)
        assert same(reader, base.model, ids)
        before = ids


@pytest.mark.parametrize("name", tuning_methods())
def test_under_every_method_a_text_is_gone_on_from(name: str, tiny_file: Path) -> None:
    fresh = load_base(tiny_file)
    method = shaken(fresh, name)
    if method.capabilities.per_task:
        method.select(1)
    fresh.model.eval()
    reader = Reader(fresh.model, cached=reads_on(fresh.model))
    for ids in ([5, 9, 7, 30, 31, 40], [5, 9, 7, 30, 31, 40, 41, 42], [5, 9, 80, 81], [5, 9, 80, 81]):
        assert same(reader, fresh.model, ids)


def test_a_model_that_forgets_what_is_long_ago_reads_anew() -> None:
    """Behind a window of eight tokens there is nothing to go back to."""
    torch.manual_seed(0)
    config = transformers.MistralConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, vocab_size=64, sliding_window=8,
    )  # fmt: skip
    model = transformers.MistralForCausalLM(config).eval()
    reader = Reader(model)
    long = [n % 60 for n in range(30)]
    texts = {(*long, 7, 8): 30, (*long[:20], 9): 0, (*long[:3], 9): 0, (3, 9): 0}
    reader.next(long)
    for ids, reused in texts.items():
        assert same(reader, model, list(ids))
        assert reader.reused == reused


def test_a_pass_that_breaks_off_leaves_nothing_behind(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(base.model)
    reader.next([5, 9, 7])
    with monkeypatch.context() as patch:
        patch.setattr(base.model.lm_head, "forward", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            reader.next([5, 9, 7, 30])
    assert reader.known([5, 9, 7, 30]) == 0
    assert same(reader, base.model, [5, 9, 7, 30])


def test_what_was_known_is_counted(base: Base) -> None:
    reader, greedy = Reader(base.model), Sampling(max_tokens=5, temperature=0)
    first = write(base.model, base.tokenizer, [5, 9, 7, 30], greedy, reader=reader)
    again = write(base.model, base.tokenizer, [5, 9, 7, 31], greedy, reader=reader)
    assert (first.reused, again.reused) == (0, 3)
    assert again.text == write(base.model, base.tokenizer, [5, 9, 7, 31], greedy).text


async def test_the_next_turn_of_a_chat_reads_only_what_is_new(tiny_file: Path) -> None:
    live = LiveBase(tiny_file, {})
    model = LiveModel(live, None, shown_as="adapter:none")
    turns = [Message(role="user", content="Which account signed in first?")]
    knobs = {"temperature": 0.0, "max_output_tokens": 8}
    first = await model.complete(ChatRequest(messages=tuple(turns), **knobs))  # type: ignore[arg-type]
    turns += [Message(role="assistant", content=first.text), Message(role="user", content="And then?")]
    second = await model.complete(ChatRequest(messages=tuple(turns), **knobs))  # type: ignore[arg-type]
    assert (first.usage.cache_read, second.usage.output) == (0, 8)
    read, kept = second.usage.input or 0, second.usage.cache_read or 0
    assert kept >= (first.usage.input or 0)
    assert 0 < read < 50
    fresh = LiveBase(tiny_file, {})
    alone = await fresh.answer(None, Asked(messages=tuple(turns), temperature=0.0, max_tokens=8))
    assert (alone.text, alone.prompt_tokens, alone.reused) == (second.text, read + kept, 0)
    for each in (live, fresh):
        each.close()
