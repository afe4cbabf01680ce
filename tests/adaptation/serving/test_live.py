"""A live model: text as transformers writes it, adapters that come and go, and honest counts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
pytest.importorskip("gguf")

from adaptation.artifact import save  # noqa: E402
from adaptation.base import Base, load_base  # noqa: E402
from adaptation.registry import tuning_methods  # noqa: E402
from adaptation.serving.generating import Reader, Sampling, Text, reads_on, write  # noqa: E402
from adaptation.serving.live import Asked, LiveBase, LiveModel, Place  # noqa: E402
from core.chat import ChatRequest, Message, ToolSpec  # noqa: E402
from core.errors import ProviderError, UserError  # noqa: E402
from tests.adaptation.serving.test_gguf import here, shaken  # noqa: E402

QUESTION = "Which account signed in first?"


@pytest.fixture
def live(tiny_file: Path) -> Iterator[LiveBase]:
    made = LiveBase(tiny_file, {})
    yield made
    made.close()


def asked(text: str = QUESTION, **knobs: Any) -> Asked:
    message = Message(role="user", content=text)
    return Asked(messages=(message,), **{"temperature": 0.0, "max_tokens": 12, **knobs})


def kept(tiny_file: Path, folder: Path, name: str, size: float = 0.1) -> tuple[Place, str]:
    """An adapter on disk, and the greedy text that it gives when it alone is on a fresh base."""
    fresh = load_base(tiny_file)
    method = shaken(fresh, name, size)
    save(method, folder / name)
    return Place(folder=folder / name, task=1 if method.capabilities.per_task else None), uncached(fresh)


def uncached(base: Base) -> str:
    """Greedy text for which everything is read anew at each token."""
    ids = base.tokenizer.apply_chat_template(
        [{"role": "user", "content": QUESTION}], add_generation_prompt=True, return_dict=True
    )["input_ids"]
    return write(
        base.model,
        base.tokenizer,
        ids,
        Sampling(max_tokens=12, temperature=0),
        reader=Reader(base.model, cached=False),
    ).text


@pytest.mark.parametrize("name", tuning_methods())
async def test_every_method_answers_live_and_leaves_the_base_as_it_was(
    name: str, tiny_file: Path, tmp_path: Path
) -> None:
    place, wanted = kept(tiny_file, tmp_path, name)
    base = load_base(tiny_file)
    before = {key: value.clone() for key, value in base.model.state_dict().items()}
    live = LiveBase(tiny_file, {name: place}, base=base)
    bare = await live.answer(None, asked())
    tuned = await live.answer(name, asked())
    assert tuned.text == wanted
    assert tuned.text != bare.text
    assert (await live.answer(None, asked())).text == bare.text
    after = base.model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    live.close()


async def test_greedy_text_is_that_of_transformers(live: LiveBase, base: Base) -> None:
    answered = await live.answer(None, asked(max_tokens=40))
    assert answered.text == here(base, 40)
    assert answered.tokens == 40
    assert not answered.ended


async def test_requests_at_once_each_get_their_adapter(tiny_file: Path, tmp_path: Path) -> None:
    places, wanted = {}, {}
    for name in ("lora", "hut", "bottleneck"):
        places[name], wanted[name] = kept(tiny_file, tmp_path, name)
    live = LiveBase(tiny_file, places)
    order = ["lora", "hut", "bottleneck", "hut", "lora", "bottleneck"] * 2
    found = await asyncio.gather(*(live.answer(name, asked()) for name in order))
    assert [each.text for each in found] == [wanted[name] for name in order]
    assert len(set(wanted.values())) == 3
    live.close()


async def test_a_method_that_looks_back_by_itself_is_read_without_a_cache(
    tiny_file: Path, tmp_path: Path
) -> None:
    """Its convolution sees earlier tokens, of which a step from the cache brings none."""
    fresh = load_base(tiny_file)
    assert reads_on(fresh.model)
    method = shaken(fresh, "bottleneck")
    assert reads_on(fresh.model)
    method.detach(fresh.model)
    from adaptation.artifact import make

    conv = make("bottleneck", {"form": "conv", "width": 10})
    conv.attach(fresh.model, conv.plan(fresh.model, ()))
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in conv.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=draw)
    assert not reads_on(fresh.model)
    wanted = uncached(fresh)
    save(conv, tmp_path / "conv")
    live = LiveBase(tiny_file, {"conv": Place(folder=tmp_path / "conv")})
    assert (await live.answer("conv", asked())).text == wanted
    live.close()


async def test_a_seed_gives_the_text_again_and_another_seed_another(live: LiveBase) -> None:
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    texts = [(await live.answer(None, asked(temperature=0.9, seed=seed))).text for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]
    assert torch.equal(torch.rand(3), wanted), "the process's own random numbers went on"
    free = {(await live.answer(None, asked(temperature=0.9))).text for _ in range(3)}
    assert len(free) > 1
    narrow = await live.answer(None, asked(temperature=0.9, seed=3, top_p=1e-6))
    assert narrow.text == (await live.answer(None, asked())).text


async def test_sampling_follows_the_shares(base: Base) -> None:
    """Of 400 first tokens the likeliest comes about as often as the model says."""
    ids = base.tokenizer("abc")["input_ids"]
    with torch.no_grad():
        shares = (base.model(torch.tensor([ids])).logits[0, -1] / 1.5).softmax(-1)
    best = base.tokenizer.decode([int(shares.argmax())])
    texts = [
        write(base.model, base.tokenizer, ids, Sampling(max_tokens=1, temperature=1.5, seed=seed)).text
        for seed in range(400)
    ]
    share = float(shares.max())
    assert abs(texts.count(best) / 400 - share) < 4 * (share * (1 - share) / 400) ** 0.5


async def test_a_stop_ends_the_text_before_itself_and_is_never_told(live: LiveBase) -> None:
    whole = (await live.answer(None, asked(max_tokens=30))).text
    stop = whole[7:10]
    pieces: list[str] = []
    answered = await live.answer(None, asked(max_tokens=30, stop=(stop, "nothing")), pieces.append)
    assert answered.text == whole[: whole.index(stop)] == "".join(pieces)
    assert answered.ended
    assert answered.tokens < 30


async def test_pieces_make_up_the_text(live: LiveBase) -> None:
    pieces: list[str] = []
    answered = await live.answer(None, asked(max_tokens=20), pieces.append)
    assert len(pieces) > 5
    assert "".join(pieces) == answered.text


def test_half_a_letter_waits_for_its_other_half(base: Base) -> None:
    text = Text(base.tokenizer)
    ids = base.tokenizer("aé€b")["input_ids"]
    assert [text.add(token) for token in ids] == ["a", "", "é", "", "", "€", "b"]
    cut = Text(base.tokenizer)
    assert [cut.add(token) for token in ids[:2]] == ["a", ""]
    assert cut.rest() == "�"


def test_what_may_be_the_beginning_of_a_stop_waits(base: Base) -> None:
    text = Text(base.tokenizer, ("xyz",))
    found = [text.add(token) for token in base.tokenizer("axyaxyzq")["input_ids"]]
    assert found[:4] == ["a", "", "", "xya"]
    assert text.said == "axya"
    assert text.stopped


def test_the_end_mark_ends_and_is_counted_and_not_shown(tiny_file: Path) -> None:
    base = load_base(tiny_file)
    ids = base.tokenizer("abc")["input_ids"]
    greedy = Sampling(max_tokens=9, temperature=0)
    whole = write(base.model, base.tokenizer, ids, greedy)
    assert not whole.ended
    last = base.tokenizer(whole.text)["input_ids"][4]
    first = base.tokenizer(whole.text)["input_ids"].index(last)
    base.model.generation_config.eos_token_id = [2, last]
    written = write(base.model, base.tokenizer, ids, greedy)
    assert (written.text, written.tokens, written.ended) == (whole.text[:first], first + 1, True)


async def test_a_cancelled_request_makes_room_for_the_next(tiny_file: Path) -> None:
    live = LiveBase(tiny_file, {})
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    long = asyncio.create_task(
        live.answer(None, asked(max_tokens=1500), lambda _: loop.call_soon_threadsafe(heard.set) and None)
    )
    await heard.wait()
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
    assert (await asyncio.wait_for(live.answer(None, asked()), 5)).tokens == 12
    live.close()


async def test_as_a_chat_model_it_counts_by_the_tokenizer(live: LiveBase, base: Base) -> None:
    model = LiveModel(live, None, shown_as="adapter:none")
    request = ChatRequest(
        messages=(Message(role="system", content="Be brief."), Message(role="user", content=QUESTION)),
        temperature=0.0,
        max_output_tokens=6,
    )
    reply = await model.complete(request)
    rendered = base.tokenizer.apply_chat_template(
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}],
        tokenize=False,
        add_generation_prompt=True,
    )
    assert reply.usage.input == len(base.tokenizer(rendered, add_special_tokens=False)["input_ids"])
    assert reply.usage.output == 6
    assert reply.usage.known_total == (reply.usage.input or 0) + 6
    assert (reply.model, reply.finish_reason) == ("adapter:none", "length")
    await model.close()
    await model.close()
    with pytest.raises(UserError, match="adapter:none is closed"):
        await model.complete(request)


async def test_what_cannot_be_answered_is_said(live: LiveBase, tiny_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no adapter 'lora'; there are: none"):
        await live.answer("lora", asked())
    with pytest.raises(ProviderError, match=r"the chat has \d+ tokens and the model reads at most 2048"):
        await live.answer(None, asked("word " * 2000))
    tool = ToolSpec(name="sql", description="", parameters={})
    with pytest.raises(ProviderError, match="cannot call tools"):
        await LiveModel(live, None, shown_as="adapter:x").complete(ChatRequest(messages=(), tools=(tool,)))
    gone = LiveBase(tmp_path / "none.gguf", {})
    with pytest.raises(UserError, match=r"no model at .*none\.gguf"):
        await gone.answer(None, asked())
    gone.close()
    place, wanted = kept(tiny_file, tmp_path, "lora")
    both = LiveBase(
        tiny_file, {"lora": place, "bad": Place(folder=tmp_path), "task": Place(folder=place.folder, task=2)}
    )
    with pytest.raises(UserError, match="is no adapter"):
        await both.answer("bad", asked())
    with pytest.raises(UserError, match="task has no tasks: it is lora"):
        await both.answer("task", asked())
    assert (await both.answer("lora", asked())).text == wanted
    both.close()


async def test_a_chat_fills_the_room_that_is_left(tiny_file: Path) -> None:
    live = LiveBase(tiny_file, {})
    answered = await live.answer(None, asked("word " * 400, max_tokens=3000))
    assert answered.prompt_tokens + answered.tokens == 2048
    assert not answered.ended
    live.close()
