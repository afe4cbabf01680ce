"""Whatever a method makes is of the base's number type, on the base's device."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.artifact import load, save  # noqa: E402
from adaptation.layers.linear import own_tensors  # noqa: E402
from adaptation.method import Serving  # noqa: E402
from adaptation.registry import tuning_methods  # noqa: E402
from adaptation.training import TrainingConfig, shuffled, train  # noqa: E402
from tests.adaptation.made import DEVICE, attached, logits, rows, tiny  # noqa: E402

METHODS = tuning_methods()
DOUBLE = 1e-9
"""What merging may change when everything is computed in double precision; a part in single shows as 1e-7."""
STORED_SINGLE = {"one-bit": "two statistics of each factor take four bytes each on disk"}


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=["float64", "bfloat16"])
@pytest.mark.parametrize("name", METHODS)
def test_it_trains_on_a_base_of_another_type(name: str, dtype: torch.dtype) -> None:
    model, method = attached(name, tiny(dtype=dtype))
    before = {key: value.clone() for key, value in method.state().items()}
    batch = rows(tasks=method.capabilities.per_task)
    result = train(model, method, shuffled(batch, 8), TrainingConfig(steps=3, learning_rate=1e-2))
    assert all(0 < loss < 100 for loss in result.losses)
    for layer in method.layers.values():
        for part, tensor in [*own_tensors(layer), *layer.named_buffers()]:
            assert tensor.device.type == torch.device(DEVICE).type, part
            assert not tensor.is_floating_point() or tensor.dtype == dtype, part
    after = method.state()
    assert any(
        before[key].shape != value.shape or not torch.equal(before[key], value)
        for key, value in after.items()
    )
    if method.capabilities.per_task:
        method.select(1)
    assert logits(model, rows()).dtype == dtype


@pytest.mark.parametrize("name", METHODS)
def test_in_double_precision_merging_loses_nothing(name: str) -> None:
    model, method = attached(name, tiny(dtype=torch.float64))
    if method.capabilities.serving is Serving.RUNTIME_ONLY:
        return
    batch = rows(tasks=method.capabilities.per_task)
    train(model, method, shuffled(batch, 8), TrainingConfig(steps=3, learning_rate=1e-2))
    if method.capabilities.per_task:
        method.select(1)
    live = logits(model, rows())
    assert float((live - logits(tiny(dtype=torch.float64), rows())).abs().max()) > 1e-5
    method.merge()
    error = float((logits(model, rows()) - live).abs().max())
    assert error <= DOUBLE


@pytest.mark.parametrize("name", METHODS)
def test_saved_in_double_it_is_loaded_in_double(name: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    model, method = attached(name, tiny(dtype=torch.float64))
    batch = rows(tasks=method.capabilities.per_task)
    train(model, method, shuffled(batch, 8), TrainingConfig(steps=2, learning_rate=1e-2))
    save(method, tmp_path)
    again = tiny(dtype=torch.float64)
    loaded = load(again, tmp_path)
    for each in (method, loaded):
        if each.capabilities.per_task:
            each.select(1)  # type: ignore[attr-defined]
    error = float((logits(again, rows()) - logits(model, rows())).abs().max())
    assert error <= (1e-5 if name in STORED_SINGLE else DOUBLE)
