"""What is written for llama.cpp answers there as it does here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
pytest.importorskip("gguf")

from gguf import GGUFReader  # noqa: E402

from adaptation.artifact import make  # noqa: E402
from adaptation.base import Base, load_base  # noqa: E402
from adaptation.method import AdapterMethod, Plan  # noqa: E402
from adaptation.serving.export import Factors, lora_factors  # noqa: E402
from adaptation.serving.gguf import Places, write_lora_gguf, write_model_gguf  # noqa: E402
from adaptation.training import TrainingConfig, shuffled, train  # noqa: E402
from core.errors import UserError  # noqa: E402
from tests.adaptation.made import SMALL, calibration, rows  # noqa: E402
from tests.adaptation.tiny_gguf import write_tiny_gguf  # noqa: E402

ASKED = "Which account signed in first?"
TOKENS = 40


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("base") / "tiny.gguf")


def here(base: Base, tokens: int = TOKENS) -> str:
    """Greedy text of transformers."""
    asked = base.tokenizer.apply_chat_template(
        [{"role": "user", "content": ASKED}],
        add_generation_prompt=True,
        return_dict=True,
        return_tensors="pt",
    )
    written = base.model.generate(**asked, max_new_tokens=tokens, do_sample=False)
    return str(base.tokenizer.decode(written[0, asked["input_ids"].shape[1] :], skip_special_tokens=True))


def there(file: Path, lora: Path | None = None, tokens: int = TOKENS) -> str:
    """Greedy text of llama.cpp, in float32 throughout as transformers is: flash attention is not."""
    xllamacpp = pytest.importorskip("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_parallel, params.verbosity = 512, 1, -1
    params.cpuparams.n_threads = 1
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    if lora is not None:
        info = xllamacpp.CommonAdapterLoraInfo()
        info.path, info.scale = str(lora), 1.0
        params.lora_adapters = [info]
    asked = {"messages": [{"role": "user", "content": ASKED}], "temperature": 0, "max_tokens": tokens}
    reply = xllamacpp.Server(params).handle_chat_completions(asked)
    return str(reply["choices"][0]["message"]["content"])


def shaken(base: Base, name: str, size: float = 0.1) -> AdapterMethod[Any]:
    """A method that has been trained two steps, and then pushed away from where that left it."""
    method = make(name, SMALL.get(name, {}))
    method.attach(base.model, method.plan(base.model, calibration(method)))
    batches = shuffled(rows(tasks=method.capabilities.per_task), 4)
    train(base.model, method, batches, TrainingConfig(steps=2, learning_rate=1e-2))
    draw = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter += size * torch.randn(parameter.shape, generator=draw)
    if method.capabilities.per_task:
        method.select(1)  # type: ignore[attr-defined]
    return method


@pytest.mark.parametrize("name", ["lora", "hydra", "colora", "poly", "nola"])
def test_a_lora_changes_llama_cpps_text_as_it_changes_ours(
    name: str, tiny_file: Path, tmp_path: Path
) -> None:
    base = load_base(tiny_file)
    before = here(base)
    assert there(tiny_file) == before
    method = shaken(base, name)
    write_lora_gguf(lora_factors(method), tmp_path / "lora.gguf", base.model.config)
    text = here(base)
    assert text != before
    assert there(tiny_file, tmp_path / "lora.gguf") == text


@pytest.mark.parametrize("name", ["hut", "clip-svd", "sara", "r-amt"])
def test_a_delta_that_is_no_lora_goes_into_the_model_itself(
    name: str, tiny_file: Path, tmp_path: Path
) -> None:
    base = load_base(tiny_file)
    before = here(base)
    method = shaken(base, name)
    write_model_gguf(tiny_file, dict(method.delta()), tmp_path / "merged.gguf", base.model.config)
    text = here(base)
    assert text != before
    assert there(tmp_path / "merged.gguf") == text


def test_rows_of_q_and_k_change_their_order_and_no_others(tiny_file: Path) -> None:
    """Each pair of numbers that transformers turns together, i and i + d/2 of a head, stands side by side."""
    places = Places(load_base(tiny_file).model.config)
    rows = torch.arange(64.0)[:, None]
    moved = places.rows("model.layers.0.self_attn.q_proj.weight", rows)[:, 0]
    assert moved[:6].tolist() == [0, 8, 1, 9, 2, 10]
    assert sorted(moved.tolist()) == list(range(64))
    keys = places.rows("model.layers.0.self_attn.k_proj.weight", rows[:32])[:, 0]
    assert keys[16:20].tolist() == [16, 24, 17, 25]
    for other in ("self_attn.v_proj", "self_attn.o_proj", "mlp.up_proj"):
        assert torch.equal(places.rows(f"model.layers.0.{other}.weight", rows), rows)


def test_a_copied_model_is_the_model(tiny_file: Path, tmp_path: Path) -> None:
    config = load_base(tiny_file).model.config
    write_model_gguf(tiny_file, {}, tmp_path / "copy.gguf", config)
    old, new = GGUFReader(tiny_file), GGUFReader(tmp_path / "copy.gguf")
    for before, after in zip(old.tensors, new.tensors, strict=True):
        assert before.name == after.name
        assert (before.data == after.data).all()
    for name, field in old.fields.items():
        assert name.startswith("GGUF.") or new.fields[name].contents() == field.contents()
    assert not list(tmp_path.glob("*.part"))


def test_what_llama_cpp_cannot_take_is_refused(tiny_file: Path, tmp_path: Path) -> None:
    config = load_base(tiny_file).model.config
    odd = Factors(a=torch.ones(1, 64), b=torch.ones(64, 1), error=0.0)
    with pytest.raises(UserError, match=r"no place for model\.layers\.0\.mlp\.side\.weight"):
        write_lora_gguf({"model.layers.0.mlp.side": odd}, tmp_path / "lora.gguf", config)
    wide = {"model.layers.1.self_attn.o_proj.weight": torch.ones(3, 64)}
    with pytest.raises(UserError, match=r"is \(64, 64\) in .*, not \(3, 64\)"):
        write_model_gguf(tiny_file, wide, tmp_path / "merged.gguf", config)
    bias = {"model.layers.1.self_attn.q_proj.bias": torch.ones(64)}
    with pytest.raises(UserError, match=r"has no blk\.1\.attn_q\.bias: the adapter is of another model"):
        write_model_gguf(tiny_file, bias, tmp_path / "merged.gguf", config)
    config.model_type = "mamba"
    with pytest.raises(UserError, match="no GGUF is written for models of kind mamba"):
        write_lora_gguf({"model.layers.0.mlp.up_proj": odd}, tmp_path / "lora.gguf", config)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_trained_lora_of_a_real_model_writes_the_same_text_in_llama_cpp(gguf: Path, tmp_path: Path) -> None:
    base = load_base(gguf)
    before = here(base)
    write_model_gguf(gguf, {}, tmp_path / "base.gguf", base.model.config)
    assert there(tmp_path / "base.gguf") == before
    method = make("lora", {"rank": 8})
    method.attach(base.model, Plan())
    said = "The first account to sign in was svc_backup, at 03:14 from host FILE-07."
    ids = base.tokenizer.apply_chat_template(
        [{"role": "user", "content": ASKED}, {"role": "assistant", "content": said}],
        return_dict=True,
        return_tensors="pt",
    )["input_ids"]
    train(
        base.model,
        method,
        shuffled({"input_ids": ids, "labels": ids}, 1),
        TrainingConfig(steps=12, learning_rate=2e-3),
    )
    write_lora_gguf(lora_factors(method), tmp_path / "lora.gguf", base.model.config)
    text = here(base)
    assert text != before
    assert there(tmp_path / "base.gguf", tmp_path / "lora.gguf") == text
